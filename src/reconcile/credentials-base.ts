import { type Beforehand, writeBeforehand, writeFileAtomic } from "../disk/write-file.ts";
import { isObject, type Json, ownValue, parseJson } from "../json.ts";
import type { CredentialsBase } from "../merge/credentials.ts";
import type { AccountIdentity } from "../merge/judge-credentials.ts";
import { join } from "../path.ts";
import { readBaseFile } from "./base.ts";
import type { Places } from "./places.ts";
import type { Signature } from "./signature.ts";

/** What is remembered of a profile's logins: hashes, never a token, and whose the login was. */
export type CredentialsMemory = CredentialsBase & {
  /** As it was at the end of the last session: a change is said once, at the end of one. */
  readonly account: AccountIdentity;
  /** The same as of the last pass. */
  readonly owner?: AccountIdentity | undefined;
  /** Whose login the pin kept out last: until Claude Code rewrites `oauthAccount`, it says nothing about the canonical one. */
  readonly rejected?: AccountIdentity | undefined;
  /** The canonical file of which the user was told that the server refuses its token, by its hash. */
  readonly refused?: string | undefined;
  /** The canonical file that no other profile held, by its signature. */
  readonly unshared?: Signature | undefined;
};

/** Undefined where nothing is remembered, or what is there is damaged: then nothing counts as "as before". */
export function readCredentialsMemory(places: Places): CredentialsMemory | undefined {
  const content = readBaseFile(places, MEMORY);
  const value = content === undefined ? undefined : parseJson(content.bytes);
  if (!isObject(value)) return undefined;
  const canonicalHash = ownValue(value, "canonicalHash");
  const history = ownValue(value, "history");
  const [rejected, refused, unshared] = ["rejected", "refused", "unshared"].map((key) =>
    ownValue(value, key),
  );
  if (typeof canonicalHash !== "string" || !Array.isArray(history)) return undefined;
  return {
    canonicalHash,
    history: history.filter((item) => typeof item === "string"),
    account: identityIn(ownValue(value, "account")),
    owner: identityIn(ownValue(value, "owner") ?? ownValue(value, "account")),
    ...(isObject(rejected) && { rejected: identityIn(rejected) }),
    ...(typeof refused === "string" && { refused }),
    ...(typeof unshared === "string" && { unshared }),
  };
}

/** Writes nothing where the same is remembered already. */
export function writeCredentialsMemory(
  places: Places,
  memory: CredentialsMemory,
  beforehand?: Beforehand,
): void {
  writeFileAtomic(memoryFileOf(places), encode(memory), { mode: 0o600, beforehand });
}

export function writeCredentialsMemoryBeforehand(places: Places, memory: CredentialsMemory): Beforehand {
  return writeBeforehand(memoryFileOf(places), encode(memory));
}

function encode(memory: CredentialsMemory): Uint8Array {
  const { canonicalHash, history, account, owner = account, rejected, refused, unshared } = memory;
  const text = `${JSON.stringify({ canonicalHash, history, account, owner, rejected, refused, unshared })}\n`;
  return new TextEncoder().encode(text);
}

export function memoryFileOf({ paths }: Places): string {
  return join(paths.base, MEMORY);
}

/** Reads an `oauthAccount`, or what we made of one. */
export function identityIn(value: Json | undefined): AccountIdentity {
  if (!isObject(value)) return {};
  const email = ownValue(value, "emailAddress") ?? ownValue(value, "email");
  const uuid = ownValue(value, "accountUuid") ?? ownValue(value, "uuid");
  return {
    ...(typeof email === "string" && { email }),
    ...(typeof uuid === "string" && { uuid }),
  };
}

const MEMORY = "credentials.json";

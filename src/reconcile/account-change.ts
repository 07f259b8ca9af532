import { join } from "node:path";
import { attempt } from "../disk/attempt.ts";
import { listDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile, statFile } from "../disk/read-file.ts";
import { REPLACED_LOGIN, replacedLoginName, sameIdentity } from "../merge/account.ts";
import type { AccountIdentity } from "../merge/judge-credentials.ts";
import { quarantineKind } from "../quarantine.ts";
import { wasRejected } from "./credentials.ts";
import {
  type CredentialsMemory,
  identityIn,
  readCredentialsMemory,
  writeCredentialsMemory,
} from "./credentials-base.ts";
import type { Places } from "./places.ts";
import { readTreeAccount } from "./tree-account.ts";

/**
 * Compares the account of the tree with the one that the profile had. Judged at the end of a session: Claude Code writes
 * `oauthAccount` some time after the credentials.
 * @returns one line where another account stands there now
 */
export function noteAccountChange(places: Places): readonly string[] {
  const memory = readCredentialsMemory(places);
  const now = treeAccount(places);
  if (memory === undefined || now.email === undefined) return [];
  const before = memory.account;
  if (before.email === now.email && before.uuid === now.uuid) return [];
  if (isRejected(places, memory, now)) {
    return [
      `profile "${places.profile}" kept out the login of ${now.email}: its config.toml names another account; that login is in backups`,
    ];
  }
  writeCredentialsMemory(places, { ...memory, account: now });
  if (before.email === undefined || before.email === now.email) return [];
  const undo = newestReplaced(places);
  return [
    `profile "${places.profile}" is now ${now.email} (was ${before.email})${undo === undefined ? "" : `; undo: clauth backups restore ${places.profile} ${undo}`}`,
  ];
}

/**
 * Notes whose login it is now. One that was carried before Claude Code wrote `oauthAccount` passed for a rotation: the last login
 * of the account before gets the name of a replaced one. The caller holds the base guard.
 */
export function noteOwner(places: Places): void {
  const memory = readCredentialsMemory(places);
  const now = treeAccount(places);
  if (memory === undefined || isOwner(memory, now) || isRejected(places, memory, now)) return;
  const before = memory.owner ?? {};
  if (sameIdentity(before, now) === "other") nameReplaced(places, before);
  writeCredentialsMemory(places, { ...memory, owner: now });
}

/** True where `noteOwner` finds nothing new. Writes nothing. */
export function isOwnerNoted(places: Places): boolean {
  const memory = readCredentialsMemory(places);
  return memory === undefined || isOwner(memory, treeAccount(places));
}

/** True too of a tree that names no account. */
function isOwner({ owner = {} }: CredentialsMemory, now: AccountIdentity): boolean {
  if ((now.email ?? now.uuid) === undefined) return true;
  return owner.email === now.email && owner.uuid === now.uuid;
}

/** Claude Code wrote the account of a login that did not stay; it rewrites it from the token at its next start (2.1.329). */
function isRejected({ paths }: Places, memory: CredentialsMemory, now: AccountIdentity): boolean {
  return wasRejected(now, memory, readRegularFile(paths.credentials));
}

function nameReplaced(places: Places, owner: AccountIdentity): void {
  const last = newestOf(places, isRotated);
  const kind = last === undefined ? undefined : quarantineKind(last);
  if (last === undefined || kind === undefined) return;
  const from = join(places.paths.backups, last);
  const to = join(places.paths.backups, last.slice(0, -kind.length) + replacedLoginName(owner));
  if (statFile(to) === undefined) attempt("rename", from, () => disk.rename(from, to));
}

/** The name, in quarantine, of the login that was replaced last. */
function newestReplaced(places: Places): string | undefined {
  return newestOf(places, isReplaced);
}

function newestOf({ paths }: Places, matches: (name: string) => boolean): string | undefined {
  return listDirectory(paths.backups).filter(matches).sort().at(-1);
}

function isReplaced(name: string): boolean {
  return quarantineKind(name)?.startsWith(REPLACED_LOGIN) === true;
}

function isRotated(name: string): boolean {
  const kind = quarantineKind(name);
  return kind === "credentials-rotated" || kind === "credentials-undecided";
}

function treeAccount(places: Places): AccountIdentity {
  return identityIn(readTreeAccount(places));
}

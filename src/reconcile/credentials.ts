import { checkpoint } from "../checkpoint.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { readLink } from "../disk/links.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { concurrentModification, equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { isObject, ownValue, parseJson } from "../json.ts";
import {
  type CredentialsDecision,
  decideCredentials,
  type Quarantined,
  type TreeCredentials,
} from "../merge/credentials.ts";
import { fingerprint } from "../merge/judge-credentials.ts";
import { quarantineFile } from "../quarantine.ts";
import { putLink } from "../tree/put-link.ts";
import { readAccount } from "./account.ts";
import {
  type CredentialsMemory,
  identityIn,
  readCredentialsMemory,
  writeCredentialsMemory,
} from "./credentials-base.ts";
import type { Places } from "./places.ts";

/** What one look at the profile's login found, and what is to become of it. */
export type CredentialsLook = {
  readonly canonical: FileContent | undefined;
  readonly tree: TreeFile;
  readonly memory: CredentialsMemory | undefined;
  readonly decision: CredentialsDecision;
};

/** The tree's side as it stands: the link's text, or the bytes of the file that replaced it. */
type TreeFile =
  | { readonly kind: "missing" }
  | { readonly kind: "link"; readonly text: string }
  | { readonly kind: "file"; readonly content: FileContent };

export type CredentialsQuestion = {
  /** The profile's `account`: an e-mail address or a uuid. */
  readonly pin: string | undefined;
  /** True once nothing more will be written: then a logout that is not complete was none. */
  readonly ended: boolean;
};

/** Reads both sides and decides. Writes nothing. The bytes that are judged are those that are carried (trap 16). */
export function lookAtCredentials(places: Places, { pin, ended }: CredentialsQuestion): CredentialsLook {
  const canonical = readRegularFile(places.paths.credentials);
  const tree = readTree(places);
  const memory = readCredentialsMemory(places);
  const account = tree.kind === "link" && pin === undefined ? undefined : readTreeAccount(places);
  const decision = decideCredentials({
    base: memory,
    canonical: canonical && { bytes: canonical.bytes, mtimeNs: canonical.stat.mtimeNs },
    tree: sideOf(tree, places),
    oauthAccountDropped: wasDropped(places, account, ended),
    pin,
    identity: identityIn(account),
  });
  return { canonical, tree, memory, decision };
}

function readTree({ treeCredentials }: Places): TreeFile {
  const text = readLink(treeCredentials);
  if (text !== undefined) return { kind: "link", text };
  const content = readRegularFile(treeCredentials);
  return content === undefined ? { kind: "missing" } : { kind: "file", content };
}

function sideOf(tree: TreeFile, { paths }: Places): TreeCredentials {
  if (tree.kind === "missing") return tree;
  if (tree.kind === "link") return { kind: tree.text === paths.credentials ? "link-ok" : "link-wrong" };
  return { kind: "file", bytes: tree.content.bytes, mtimeNs: tree.content.stat.mtimeNs };
}

/** `oauthAccount` of the tree's `.claude.json`; null where the document is good and has none, undefined where it is not good. */
function readTreeAccount({ treeJson }: Places) {
  const content = readRegularFile(treeJson);
  const document = content === undefined ? undefined : parseJson(content.bytes);
  return isObject(document) ? (ownValue(document, "oauthAccount") ?? null) : undefined;
}

/**
 * Claude Code's logout unlinks the credentials first and drops `oauthAccount` milliseconds later. Only an account that
 * was known before can have been dropped.
 */
function wasDropped(
  places: Places,
  account: ReturnType<typeof readTreeAccount>,
  ended: boolean,
): boolean | "unknown" {
  if (account === undefined || ownValue(readAccount(places) ?? {}, "oauthAccount") === undefined)
    return false;
  return account === null ? true : ended ? false : "unknown";
}

/** True where the decision changes a file. */
export function asksToWrite({ decision }: CredentialsLook): boolean {
  return decision.do !== "nothing" && decision.do !== "wait" && decision.do !== "dead";
}

/** True where the login that the tree shows is replaced by another one: a refresh of it must not be under way. */
export function replacesLogin({ tree, decision }: CredentialsLook): boolean {
  if (tree.kind !== "file") return false;
  return decision.do === "relink" || decision.do === "reject-account";
}

/**
 * Carries a decision out: losers to quarantine, then the canonical file, then the link, the memory last. Killed in between,
 * the next look finds either both files or the same bytes on both sides.
 * @throws ClauthError `account_refused` where the canonical login is not the account that the profile is pinned to;
 * `concurrent_modification` (retry-safe)
 */
export function carryOutCredentials(places: Places, look: CredentialsLook): void {
  const { decision, canonical } = look;
  if (decision.do === "wait") return;
  if ("quarantine" in decision) setAside(places, decision.quarantine);
  checkpoint("credentials:quarantined");
  switch (decision.do) {
    case "adopt":
      writeFileAtomic(places.paths.credentials, decision.bytes, {
        mode: 0o600,
        sync: true,
        expect: canonical ?? "absent",
      });
      checkpoint("credentials:canonical-written");
      putCredentialsLink(places, look.tree);
      break;
    case "link":
    case "relink":
      putCredentialsLink(places, look.tree);
      break;
    case "log-out":
      removeJudged(places.paths.credentials, canonical);
      checkpoint("credentials:logged-out");
      removeFile(places.paths.account);
      break;
    case "reject-account":
      if (decision.cure === "refuse") throw accountRefused(places);
      if (decision.cure === "relink") putCredentialsLink(places, look.tree);
      else removeJudged(places.treeCredentials, look.tree.kind === "file" ? look.tree.content : undefined);
      break;
  }
  checkpoint("credentials:linked");
  remember(places, look);
}

function setAside(places: Places, quarantine: readonly Quarantined[]): void {
  for (const { what, bytes } of quarantine) quarantineFile(places.paths, what, bytes);
}

function putCredentialsLink({ paths, treeCredentials }: Places, tree: TreeFile): void {
  attempt("link", treeCredentials, () => {
    if (tree.kind === "missing") disk.symlink(paths.credentials, treeCredentials);
    else
      putLink(paths.credentials, treeCredentials, tree.kind === "link" ? tree : { file: tree.content.stat });
  });
}

/** Compared once more right before it goes: what somebody wrote meanwhile is in no quarantine. */
function removeJudged(path: string, judged: FileContent | undefined): void {
  const now = readRegularFile(path);
  if (now === undefined) return;
  if (judged === undefined || !equalBytes(now.bytes, judged.bytes)) throw concurrentModification(path);
  removeFile(path);
}

/** The hash stands for "the tree showed this": it moves only where the tree does. */
function remember(places: Places, { memory, decision, canonical }: CredentialsLook): void {
  const shown = decision.do === "adopt" ? decision.bytes : canonical?.bytes;
  if (memory === undefined && shown === undefined) return;
  const showsCanonical =
    decision.do !== "dead" && decision.do !== "reject-account" && decision.do !== "log-out";
  writeCredentialsMemory(places, {
    canonicalHash: showsCanonical && shown !== undefined ? fingerprint(shown) : (memory?.canonicalHash ?? ""),
    history: decision.historyAfter,
    account: memory?.account ?? {},
    refused: memory?.refused,
  });
}

function accountRefused({ profile, paths }: Places): ClauthError {
  return new ClauthError({
    kind: "account_refused",
    message: `the login of profile "${profile}" is not the account that its config.toml names`,
    hint: `clauth login ${profile}, or change \`account\` in ${paths.config}`,
    path: paths.credentials,
  });
}

import { checkpoint } from "../checkpoint.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { isObject, ownValue } from "../json.ts";
import { sameIdentity } from "../merge/account.ts";
import { type CredentialsDecision, decideCredentials, type Quarantined } from "../merge/credentials.ts";
import { type AccountIdentity, fingerprint } from "../merge/judge-credentials.ts";
import { quarantineFile } from "../quarantine.ts";
import { readAccount } from "./account.ts";
import {
  type CredentialsMemory,
  identityIn,
  readCredentialsMemory,
  writeCredentialsMemory,
} from "./credentials-base.ts";
import { lookAtFileLogin, removeJudged } from "./file-login.ts";
import { parseOnce } from "./parse-once.ts";
import type { Places } from "./places.ts";
import type { TreeLogin } from "./tree-login.ts";

/** What one look at the profile's login found, and what is to become of it. */
export type CredentialsLook = {
  readonly canonical: FileContent | undefined;
  readonly tree: TreeLogin;
  readonly memory: CredentialsMemory | undefined;
  /** Whose login it is, by the tree's `oauthAccount`. */
  readonly identity: AccountIdentity;
  readonly decision: CredentialsDecision;
};

export type CredentialsQuestion = {
  /** The profile's `account`: an e-mail address or a uuid. */
  readonly pin: string | undefined;
  /** True once nothing more will be written: then a logout that is not complete was none. */
  readonly ended: boolean;
};

/** Reads both sides and decides. Writes nothing. The bytes that are judged are those that are carried (trap 16). */
export function lookAtCredentials(places: Places, { pin, ended }: CredentialsQuestion): CredentialsLook {
  const canonical = readRegularFile(places.paths.credentials);
  const memory = readCredentialsMemory(places);
  const tree = (places.lookAtTree ?? lookAtFileLogin)(places, { canonical, base: memory });
  const isLink = tree.shown.kind === "link-ok" || tree.shown.kind === "link-wrong";
  const account = isLink && pin === undefined ? undefined : readTreeAccount(places);
  const identity = identityIn(account);
  const isRejected = tree.shown.kind === "link-ok" && wasRejected(identity, memory, canonical);
  const decision = decideCredentials({
    base: memory,
    canonical: canonical && { bytes: canonical.bytes, mtimeNs: canonical.stat.mtimeNs },
    tree: tree.shown,
    oauthAccountDropped: wasDropped(places, account, ended),
    pin,
    identity: isRejected ? {} : identity,
    owner: memory?.owner,
  });
  return { canonical, tree, memory, identity, decision };
}

/** True where the account is that of a login which the pin kept out, and the canonical login is the one from before. */
export function wasRejected(
  identity: AccountIdentity,
  memory: CredentialsMemory | undefined,
  canonical: FileContent | undefined,
): boolean {
  return (
    canonical !== undefined &&
    memory?.canonicalHash === fingerprint(canonical.bytes) &&
    sameIdentity(identity, memory.rejected ?? {}) === "same"
  );
}

/** `oauthAccount` of the tree's `.claude.json`; null where the document is good and has none, undefined where it is not good. */
function readTreeAccount({ treeJson }: Places) {
  const content = readRegularFile(treeJson);
  const document = content === undefined ? undefined : parseOnce(content.bytes);
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
  if (tree.shown.kind !== "file") return false;
  return decision.do === "relink" || decision.do === "reject-account";
}

/**
 * Carries a decision out: losers to quarantine, then which token is the newest, the canonical file, the link, and last that the tree
 * shows it. Killed in between, the next look finds either both files or the same bytes on both sides.
 * @throws ClauthError `account_refused` where the canonical login is not the account that the profile is pinned to;
 * `concurrent_modification` (retry-safe)
 */
export function carryOutCredentials(places: Places, look: CredentialsLook): void {
  const { decision, canonical, tree } = look;
  if (decision.do === "wait") return;
  keepLosers(places, look);
  checkpoint("credentials:quarantined");
  if (decision.do === "adopt" || decision.do === "relink") noteHistory(places, look);
  switch (decision.do) {
    case "adopt":
      writeFileAtomic(places.paths.credentials, decision.bytes, {
        mode: 0o600,
        sync: true,
        expect: canonical ?? "absent",
      });
      checkpoint("credentials:canonical-written");
      tree.show(decision.bytes);
      break;
    case "link":
    case "relink":
      tree.show(canonical?.bytes);
      break;
    case "log-out":
      // A tree that still shows this login would bring it back.
      if (tree.shown.kind === "link-ok") tree.remove();
      removeJudged(places.paths.credentials, canonical);
      checkpoint("credentials:logged-out");
      removeFile(places.paths.account);
      break;
    case "reject-account":
      if (decision.cure === "refuse") throw accountRefused(places);
      if (decision.cure === "relink") tree.show(canonical?.bytes);
      else tree.remove();
      break;
  }
  checkpoint("credentials:linked");
  remember(places, look);
}

/**
 * Puts what a decision replaces into quarantine; what is there already is not stored again. Whoever will take a lock of Claude's does
 * so beforehand too: it is two of the four syncs of a rotated token.
 */
export function keepLosers({ paths }: Places, { decision, tree }: CredentialsLook): void {
  const losers: readonly Quarantined[] = "quarantine" in decision ? decision.quarantine : [];
  for (const { what, bytes } of tree.unused === undefined ? losers : [...losers, tree.unused])
    quarantineFile(paths, what, bytes);
}

/**
 * Before a tree moves or goes out of use: what Claude Code keeps under its path elsewhere comes into it. The caller knows that
 * nothing lives there.
 * @throws ClauthError `concurrent_modification` (retry-safe)
 */
export function leaveTree(places: Places): void {
  places.lookAtTree?.(places, { canonical: undefined, base: undefined }).leave();
}

/** Before the files move: whatever their times say after a kill, the older token is known for what it is. */
function noteHistory(places: Places, { memory, decision }: CredentialsLook): void {
  writeCredentialsMemory(places, {
    ...(memory ?? { canonicalHash: "", account: {} }),
    history: decision.historyAfter,
  });
  checkpoint("credentials:history-noted");
}

/** The hash stands for "the tree showed this": it moves only where the tree does. */
function remember(places: Places, { memory, decision, canonical, identity }: CredentialsLook): void {
  const shown = decision.do === "adopt" ? decision.bytes : canonical?.bytes;
  if (memory === undefined && shown === undefined) return;
  const showsCanonical =
    decision.do !== "dead" && decision.do !== "reject-account" && decision.do !== "log-out";
  writeCredentialsMemory(places, {
    canonicalHash: showsCanonical && shown !== undefined ? fingerprint(shown) : (memory?.canonicalHash ?? ""),
    history: decision.historyAfter,
    account: memory?.account ?? {},
    owner: memory?.owner,
    rejected: decision.do === "reject-account" ? identity : memory?.rejected,
    refused: memory?.refused,
    unshared: memory?.unshared,
  });
}

export function accountRefused({ profile, paths }: Places): ClauthError {
  return new ClauthError({
    kind: "account_refused",
    message: `the login of profile "${profile}" is not the account that its config.toml names`,
    hint: `clauth login ${profile}, or change \`account\` in ${paths.config}`,
    path: paths.credentials,
  });
}

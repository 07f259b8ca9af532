import { checkpoint } from "../checkpoint.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import {
  type Beforehand,
  equalBytes,
  forgetBeforehand,
  writeBeforehand,
  writeFileAtomic,
} from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { ownValue } from "../json.ts";
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
  writeCredentialsMemoryBeforehand,
} from "./credentials-base.ts";
import { lookAtFileLogin, removeJudged } from "./file-login.ts";
import type { Places } from "./places.ts";
import { readTreeAccount } from "./tree-account.ts";
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
    // Found out where it is asked for, which a rotated token does not do.
    get oauthAccountDropped() {
      return wasDropped(places, account, ended);
    },
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
export function carryOutCredentials(places: Places, look: CredentialsLook, ahead?: CarriedAhead): void {
  const { decision, canonical, tree } = look;
  if (decision.do === "wait") return;
  if (ahead === undefined || !areKept(look, ahead.judged)) keepLosers(places, look);
  checkpoint("credentials:quarantined");
  if (decision.do === "adopt" || decision.do === "relink") noteHistory(places, look, ahead?.history);
  switch (decision.do) {
    case "adopt":
      writeFileAtomic(places.paths.credentials, decision.bytes, {
        mode: 0o600,
        sync: true,
        expect: canonical ?? "absent",
        beforehand: ahead?.login,
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

/** What was done of carrying out a look before Claude's locks were taken: what is durable, or in flight, does not make Claude wait. */
export type CarriedAhead = {
  /** The look by which it was done, whose losers are in quarantine. */
  readonly judged: CredentialsLook;
  readonly history?: Beforehand | undefined;
  readonly login?: Beforehand | undefined;
};

/**
 * Does all of carrying out a look but giving files their names: losers are in quarantine, and a login that is to become the
 * canonical one is on the disk. To be forgotten in any case.
 */
export function carryAhead(places: Places, judged: CredentialsLook): CarriedAhead {
  const { decision } = judged;
  keepLosers(places, judged);
  if (decision.do !== "adopt") return { judged };
  const history = writeCredentialsMemoryBeforehand(places, withHistory(judged));
  try {
    const login = writeBeforehand(places.paths.credentials, decision.bytes, { sync: true });
    checkpoint("credentials:carried-ahead");
    return { judged, history, login };
  } catch (error) {
    forgetBeforehand(history);
    throw error;
  }
}

export function forgetAhead({ history, login }: CarriedAhead): void {
  for (const file of [history, login]) if (file !== undefined) forgetBeforehand(file);
}

/** Puts what a decision replaces into quarantine; what is there already is not stored again. */
function keepLosers({ paths }: Places, look: CredentialsLook): void {
  for (const { what, bytes } of losersOf(look)) quarantineFile(paths, what, bytes);
}

function losersOf({ decision, tree }: CredentialsLook): readonly Quarantined[] {
  const losers: readonly Quarantined[] = "quarantine" in decision ? decision.quarantine : [];
  return tree.unused === undefined ? losers : [...losers, tree.unused];
}

function areKept(look: CredentialsLook, judged: CredentialsLook): boolean {
  const kept = losersOf(judged);
  return losersOf(look).every(({ what, bytes }) =>
    kept.some((one) => one.what === what && equalBytes(one.bytes, bytes)),
  );
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
function noteHistory(places: Places, look: CredentialsLook, beforehand: Beforehand | undefined): void {
  writeCredentialsMemory(places, withHistory(look), beforehand);
  checkpoint("credentials:history-noted");
}

function withHistory({ memory, decision }: CredentialsLook): CredentialsMemory {
  return { ...(memory ?? { canonicalHash: "", account: {} }), history: decision.historyAfter };
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

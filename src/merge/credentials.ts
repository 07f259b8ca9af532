import { type AccountVerdict, judgePin, replacedLoginName, sameAccount, sameIdentity } from "./account.ts";
import {
  type AccountIdentity,
  type CredentialsFile,
  type JudgedFile,
  judgeFile,
} from "./judge-credentials.ts";
import { withBlocksOf } from "./login-blocks.ts";
import { isAsInBase, newerLogin } from "./newer-login.ts";
import { type TokenHistory, withNewest, withSeen } from "./token-history.ts";

/**
 * What the tree holds. "link-ok" means that it shows the canonical file: the link stands, or, in a tree of copies, the
 * copy has the same bytes. "file" is a regular file where the link was: Claude Code replaces it by rename.
 */
export type TreeCredentials =
  | { readonly kind: "link-ok" | "link-wrong" | "missing" }
  | ({ readonly kind: "file" } & CredentialsFile);

/** Kept from the last moment when the tree showed the canonical file; hashes alone, no bytes. */
export type CredentialsBase = {
  /** `fingerprint` of the canonical file's bytes. */
  readonly canonicalHash: string;
  readonly history: TokenHistory;
};

export type CredentialsInput = {
  readonly base: CredentialsBase | undefined;
  readonly canonical: CredentialsFile | undefined;
  readonly tree: TreeCredentials;
  /** Whether an `oauthAccount` that was there is gone. "unknown" until `.claude.json` was written after the link went. */
  readonly oauthAccountDropped: boolean | "unknown";
  /** The profile's `account`: an e-mail address or a uuid. */
  readonly pin?: string | undefined;
  /** The `oauthAccount` of the tree. */
  readonly identity?: AccountIdentity | undefined;
  /** Whose the canonical login was when we last looked. */
  readonly owner?: AccountIdentity | undefined;
};

export type Quarantined = { readonly what: string; readonly bytes: Uint8Array };

type Step =
  | { readonly do: "nothing" }
  /** Undecided: look again at the next write of `.claude.json`. At the end a logout counts as not meant, an account stays out. */
  | { readonly do: "wait"; readonly for: "logout" | "account" }
  /** Put the link where there is none. */
  | { readonly do: "link" }
  /** Put the link in the place of what is there. */
  | { readonly do: "relink"; readonly quarantine: readonly Quarantined[] }
  /** Write `bytes` to the canonical file, then put the link. */
  | {
      readonly do: "adopt";
      readonly bytes: Uint8Array;
      /** Whose login it is; the canonical one is written anew where only other blocks of the tree's file join it. */
      readonly login: "tree" | "canonical";
      /** How the account compares with the one before; "none" where there was no login. */
      readonly account: AccountVerdict | "none";
      readonly quarantine: readonly Quarantined[];
    }
  /** The server refused the canonical token: leave both files, say "log in again" once. */
  | { readonly do: "dead"; readonly quarantine: readonly Quarantined[] }
  /** The user logged out: remove the canonical file. */
  | { readonly do: "log-out"; readonly quarantine: readonly Quarantined[] }
  /** A login that the pin refuses. "refuse": it is the canonical one, nothing is touched and no session may start. */
  | {
      readonly do: "reject-account";
      readonly cure: "relink" | "remove" | "refuse";
      readonly quarantine: readonly Quarantined[];
    };

/** Afterwards the base is the hash of the canonical file wherever the tree shows it; else it stays as it was. */
export type CredentialsDecision = Step & { readonly historyAfter: readonly string[] };

/**
 * Decides what becomes of the profile's one login.
 *
 * | canonical            | tree                        | decision                                                |
 * |----------------------|-----------------------------|---------------------------------------------------------|
 * | any                  | link                        | nothing; refused where the pin names another account    |
 * | any                  | another link                | relink                                                  |
 * | none                 | missing                     | nothing                                                 |
 * | as in the base       | missing, account dropped    | log-out; wait while that is unknown                     |
 * | else                 | missing                     | link                                                    |
 * | same bytes           | file                        | relink                                                  |
 * | no login             | file with a login           | adopt                                                   |
 * | login                | file with a login           | `newerLogin`: adopt, or relink; the loser to quarantine |
 * | login as in the base | stub                        | dead                                                    |
 * | login as in the base | no login, account dropped   | log-out; wait while that is unknown                     |
 * | login                | stub, no login, damaged     | relink                                                  |
 * | no login             | stub, no login, damaged     | nothing                                                 |
 *
 * Another account's login than the pin's is never adopted; one whose account is not known yet waits. Total.
 */
export function decideCredentials(input: CredentialsInput): CredentialsDecision {
  const canonical = input.canonical && judgeFile(input.canonical);
  const history = input.base?.history ?? [];
  switch (input.tree.kind) {
    case "link-ok":
      return { ...decideLinked(input, canonical), historyAfter: withSeen(history, canonical) };
    case "link-wrong":
      return { do: "relink", quarantine: [], historyAfter: withSeen(history, canonical) };
    case "missing":
      return { ...decideMissing(input, canonical), historyAfter: withSeen(history, canonical) };
    case "file": {
      const tree = judgeFile(input.tree);
      const step = decideFile(input, canonical, tree);
      return { ...step, historyAfter: historyAfter(history, step, canonical, tree) };
    }
  }
}

function decideLinked({ pin, identity }: CredentialsInput, canonical: JudgedFile | undefined): Step {
  if (!canonical?.login || judgePin(pin, canonical, identity) !== "other") return { do: "nothing" };
  return { do: "reject-account", cure: "refuse", quarantine: [] };
}

function decideMissing(input: CredentialsInput, canonical: JudgedFile | undefined): Step {
  if (canonical === undefined) return { do: "nothing" };
  return logoutStep(input, canonical) ?? { do: "link" };
}

/** Claude Code unlinks the file and drops `oauthAccount` milliseconds later; anything less sure is no logout. */
function logoutStep(input: CredentialsInput, canonical: JudgedFile): Step | undefined {
  if (!isAsInBase(input.base, canonical) || input.oauthAccountDropped === false) return undefined;
  if (input.oauthAccountDropped === "unknown") return { do: "wait", for: "logout" };
  return { do: "log-out", quarantine: [{ what: "credentials-logged-out", bytes: canonical.bytes }] };
}

function decideFile(input: CredentialsInput, canonical: JudgedFile | undefined, tree: JudgedFile): Step {
  if (canonical !== undefined && sameBytes(canonical, tree)) return { do: "relink", quarantine: [] };
  if (tree.login) return decideLogin(input, canonical, tree);
  if (!canonical?.login) return { do: "nothing" };
  if (tree.stub && isAsInBase(input.base, canonical)) {
    return { do: "dead", quarantine: [{ what: "credentials-dead", bytes: canonical.bytes }] };
  }
  const logout = tree.stub || tree.document === undefined ? undefined : logoutStep(input, canonical);
  return (
    logout ?? keepCanonical(input.base, canonical, tree, tree.document === undefined ? "damaged" : "no-login")
  );
}

function decideLogin(input: CredentialsInput, canonical: JudgedFile | undefined, tree: JudgedFile): Step {
  const before = canonical?.login ? canonical : undefined;
  const newer = before === undefined ? "tree" : newerLogin(input.base, before, tree);
  if (before !== undefined && newer !== "tree") {
    return keepCanonical(input.base, before, tree, loserName(input.base, tree, newer));
  }
  const account = before === undefined ? "none" : sameAccount(before, tree);
  const verdict = account === "same" ? "same" : judgePin(input.pin, tree, input.identity);
  if (verdict === "undecided") return { do: "wait", for: "account" };
  if (verdict === "other") {
    const quarantine = [{ what: "credentials-other-account", bytes: tree.bytes }];
    return { do: "reject-account", cure: canonical === undefined ? "remove" : "relink", quarantine };
  }
  const treeAlone = canonical === undefined || isAsInBase(input.base, canonical);
  return {
    do: "adopt",
    bytes: treeAlone ? tree.bytes : withBlocksOf(tree, canonical),
    login: "tree",
    account,
    quarantine:
      canonical === undefined
        ? []
        : [{ what: displacedName(input, account, canonical), bytes: canonical.bytes }],
  };
}

/** A copy that nobody touched lost nothing of its own: the canonical file went on without it. */
function loserName(
  base: CredentialsBase | undefined,
  tree: JudgedFile,
  newer: "canonical" | "restored",
): Loser {
  if (isAsInBase(base, tree)) return "rotated";
  return newer === "canonical" ? "conflict" : "restored";
}

type Loser = "rotated" | "conflict" | "restored" | "damaged" | "no-login";

/**
 * Rotated tokens come hourly: under a name of their own they never crowd out a login that was replaced by another. Where the
 * files name no account `oauthAccount` tells; written after the credentials it may still be that of the login before, and
 * `noteOwner` makes up for it.
 */
function displacedName(
  { owner = {}, identity = {} }: CredentialsInput,
  account: AccountVerdict | "none",
  displaced: JudgedFile,
): string {
  if (account === "none") return "credentials-damaged";
  switch (account === "undecided" ? sameIdentity(owner, identity) : account) {
    case "same":
      return "credentials-rotated";
    case "other":
      return replacedLoginName(displaced.accountUuid === undefined ? owner : { uuid: displaced.accountUuid });
    case "undecided":
      return "credentials-undecided";
  }
}

/** The canonical login stays. What else Claude Code wrote into the tree's file joins it; a restored backup's is old too. */
function keepCanonical(
  base: CredentialsBase | undefined,
  canonical: JudgedFile,
  tree: JudgedFile,
  why: Loser,
): Step {
  const quarantine = [{ what: `credentials-${why}`, bytes: tree.bytes }];
  const canonicalAlone = why === "restored" || isAsInBase(base, tree);
  const bytes = canonicalAlone ? canonical.bytes : withBlocksOf(canonical, tree);
  if (bytes === canonical.bytes) return { do: "relink", quarantine };
  return { do: "adopt", bytes, login: "canonical", account: "same", quarantine };
}

function sameBytes(a: CredentialsFile, b: CredentialsFile): boolean {
  return Buffer.compare(a.bytes, b.bytes) === 0;
}

/** The loser's token comes before the winner's, so that it counts as older ever after. Waiting decides no order. */
function historyAfter(
  history: TokenHistory,
  step: Step,
  canonical: JudgedFile | undefined,
  tree: JudgedFile,
): TokenHistory {
  if (step.do === "wait") return history;
  if (step.do === "adopt" && step.login === "tree") return withNewest(withSeen(history, canonical), tree);
  const treeLost = step.do === "relink" || step.do === "adopt";
  return treeLost ? withNewest(withSeen(history, tree), canonical) : withSeen(history, canonical);
}

import { isIdentitySetting } from "../identity-keys.ts";
import { type JsonObject, objectFrom } from "../json.ts";
import { agreedBase } from "./agreed.ts";
import { putBackAside, setAside } from "./aside.ts";
import { leavesOf, valueAt } from "./leaves.ts";
import { looksReset, resetSides } from "./reset.ts";
import {
  type KeyPath,
  type Loss,
  type MergeInput,
  type MergeResult,
  mergeObjects,
  type Side,
} from "./three-way.ts";

export type ClaudeJsonInput = Omit<MergeInput, "atomic"> & {
  /** What travels of the tree's copy, with paths into the tree as claude home has to spell them. */
  readonly rewriteHome: (document: JsonObject) => JsonObject;
};

/**
 * Merges `~/.claude.json` (home) with a runtime tree's copy. Keys of the account stay where they are; all else travels,
 * `projects` by project and key, `mcpServers` by server. A side that looks reset deletes nothing and wins nothing.
 *
 * Claude Code exports `env` of this document too (seen on 2.1.197 and 2.1.329), and it beats the login: identity keys stay
 * in home alone, and one that stands in the tree goes.
 */
export function mergeClaudeJson(input: ClaudeJsonInput): MergeResult {
  const home = divide(input.home);
  const tree = divide(input.tree);
  const base = input.base === "void" ? input.base : sharedPart(input.base);
  const reset = base === "void" ? [] : resetSides(base, home.travels, tree.travels);
  const merged = mergeObjects({
    base: reset.length > 0 ? "void" : base,
    home: home.travels,
    tree: input.rewriteHome(tree.travels),
    later: laterUnlessReset(input.later, reset),
    deletion: input.deletion,
    atomic: isServerEntry,
  });
  return {
    ...merged,
    ...(reset.length > 0 && { reset }),
    home: putBackAside(input.home, home.aside, merged.home),
    tree: putBackAside(input.tree, accountPart(tree.aside), merged.tree),
    lost: [...merged.lost, ...identityLosses(tree.aside)],
  };
}

function identityLosses(aside: JsonObject): Loss[] {
  const identity = setAside(aside, (key) => isIdentitySetting(key)).aside;
  return leavesOf(identity).flatMap((key) => {
    const lost = valueAt(identity, key);
    return lost === undefined ? [] : [{ key, side: "tree", kept: undefined, lost }];
  });
}

/** The next base of `.claude.json`: what travels, per key only where both sides agree. */
export function agreedClaudeJson(base: JsonObject | "void", home: JsonObject, tree: JsonObject): JsonObject {
  return agreedBase(
    base === "void" ? base : sharedPart(base),
    sharedPart(home),
    sharedPart(tree),
    isServerEntry,
  );
}

/** The part that all profiles share. */
export function sharedPart(document: JsonObject): JsonObject {
  return divide(document).travels;
}

/** The part that belongs to the account, kept in the profile's `account.json`. */
export function accountPart(document: JsonObject): JsonObject {
  return setAside(document, isAccountPath).aside;
}

function divide(document: JsonObject) {
  return setAside(document, (key) => isAccountPath(key) || isIdentitySetting(key));
}

function isAccountPath(path: KeyPath): boolean {
  const [key] = path;
  return key !== undefined && path.length === 1 && isAccountKey(key);
}

/** True for a top-level key that belongs to one account or one config directory; unknown ones go by their names. */
export function isAccountKey(key: string): boolean {
  return ACCOUNT_KEYS.has(key) || ACCOUNT_PREFIX.test(key) || key.endsWith("Cache");
}

/** Those that no pattern tells (2.1.329). */
const ACCOUNT_KEYS: ReadonlySet<string> = new Set([
  "userID",
  "machineID",
  "primaryApiKey",
  "customApiKeyResponses",
]);

const ACCOUNT_PREFIX = /^(oauth|account|org|passes|overage|cached|subscription|billing)/i;

/** A server's command, arguments and environment belong together: half of two definitions is none. */
export function isServerEntry(key: KeyPath): boolean {
  return (
    (key.length === 2 && key[0] === "mcpServers") ||
    (key.length === 4 && key[0] === "projects" && key[2] === "mcpServers")
  );
}

/** Defaults written a moment ago are later than everything, and still no edit of the user's. */
function laterUnlessReset(later: Side, reset: readonly Side[]): Side {
  const [only, other] = reset;
  if (only === undefined || other !== undefined) return later;
  return only === "home" ? "tree" : "home";
}

export type ClaudeJsonSources = {
  readonly home?: JsonObject | undefined;
  /** `account.json` of the profile; undefined for a new one, so that nobody else's account is taken over. */
  readonly account?: JsonObject | undefined;
  readonly base?: JsonObject | undefined;
};

/** What a missing or damaged copy in the tree begins as. Home's account keys are never taken. */
export function seedClaudeJson({ home, account, base }: ClaudeJsonSources): JsonObject {
  const known = sharedPart(base ?? {});
  const shared = sharedPart(home ?? {});
  const trusted = home !== undefined && !looksReset(known, shared);
  const lost = trusted ? [] : Object.entries(known).filter(([key]) => !Object.hasOwn(shared, key));
  return objectFrom([...Object.entries(shared), ...lost, ...Object.entries(accountPart(account ?? {}))]);
}

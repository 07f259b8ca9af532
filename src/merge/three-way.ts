import { equalJson, isObject, type Json, type JsonObject, objectFrom, ownValue } from "../json.ts";

/** The two holders of a merged document: claude home, and a profile's runtime tree. */
export type Side = "home" | "tree";

/** The way to a value: object keys from the top. A list of its own, because a key may contain any character. */
export type KeyPath = readonly string[];

/** Both sides changed one value differently: `kept` now stands on both, `lost` stood on `side`. */
export type Loss = {
  readonly key: KeyPath;
  readonly side: Side;
  readonly kept: Json | undefined;
  readonly lost: Json;
};

/** A value that the base had and one side no longer has. */
export type Deletion = {
  readonly key: KeyPath;
  readonly missingOn: Side;
  /** What the other side still has. */
  readonly value: Json;
  /** True where `value` is one item of the array at `key`, not the whole value there. */
  readonly item: boolean;
};

/** carry: delete it on the other side too. hold: leave both sides at this key as they are. restore: put it back. */
export type DeletionChoice = "carry" | "hold" | "restore";

export type MergeInput = {
  /** The last state that both sides had in common; "void" where none can be trusted: then nothing is deleted. */
  readonly base: JsonObject | "void";
  readonly home: JsonObject;
  readonly tree: JsonObject;
  /** The side that was written later: it wins a key that both changed. */
  readonly later: Side;
  readonly deletion: (deletion: Deletion) => DeletionChoice;
  /** True for a key whose value is taken whole, never mixed from both sides. */
  readonly atomic?: (key: KeyPath) => boolean;
};

export type MergeResult = {
  /** What each side is to hold. They differ only at the keys in `held`. */
  readonly home: JsonObject;
  readonly tree: JsonObject;
  readonly lost: readonly Loss[];
  /** Deletions carried to the other side. */
  readonly deleted: readonly Deletion[];
  /** Deletions left open: both sides keep their own. */
  readonly held: readonly Deletion[];
  /** Sides that were replaced by near-empty defaults: what they lack is put back. */
  readonly reset?: readonly Side[];
};

/**
 * Merges two documents key by key against their last common state:
 *
 * | base | home and tree                 | result                                          |
 * |------|-------------------------------|-------------------------------------------------|
 * | any  | equal                         | stays                                           |
 * | any  | two objects                   | key by key, the same rules                      |
 * | any  | only one differs from base    | the one that changed                            |
 * | none | only one has it               | added to the other                              |
 * | some | one lacks it, other unchanged | a deletion: `deletion` chooses                  |
 * | some | one lacks it, other changed   | the later side; where that deleted, `deletion` chooses |
 * | any  | two arrays of scalars, both changed | a three-way set, in the later side's order |
 * | any  | both differ from base         | the later side, the other value is a Loss       |
 *
 * Each side keeps the order of its keys; what is new to it comes last. Total, and merging the result changes nothing.
 */
export function mergeObjects(input: MergeInput): MergeResult {
  const merge: Merge = { ...input, lost: [], deleted: [], held: [] };
  const base = input.base === "void" ? {} : input.base;
  const { home, tree } = mergeLevel(merge, [], { base, home: input.home, tree: input.tree });
  return { home, tree, lost: merge.lost, deleted: merge.deleted, held: merge.held };
}

/** Several values as one object, each of them possibly absent. */
type Three<T> = { readonly base: T; readonly home: T; readonly tree: T };
type Both<T> = { readonly home: T; readonly tree: T };
type Value = Json | undefined;

/** One run of a merge, with what it has to report. */
type Merge = Omit<MergeInput, "base" | "home" | "tree"> & {
  readonly lost: Loss[];
  readonly deleted: Deletion[];
  readonly held: Deletion[];
};

function mergeLevel(merge: Merge, path: KeyPath, sides: Three<JsonObject>): Both<JsonObject> {
  const merged = new Map<string, Both<Value>>();
  for (const key of [...Object.keys(sides.home), ...Object.keys(sides.tree)]) {
    if (merged.has(key)) continue;
    const values = {
      base: ownValue(sides.base, key),
      home: ownValue(sides.home, key),
      tree: ownValue(sides.tree, key),
    };
    merged.set(key, mergeValue(merge, [...path, key], values));
  }
  return { home: inOwnOrder(sides.home, merged, "home"), tree: inOwnOrder(sides.tree, merged, "tree") };
}

function inOwnOrder(own: JsonObject, merged: ReadonlyMap<string, Both<Value>>, side: Side): JsonObject {
  const pairs: [string, Json][] = [];
  for (const key of new Set([...Object.keys(own), ...merged.keys()])) {
    const value = merged.get(key)?.[side];
    if (value !== undefined) pairs.push([key, value]);
  }
  return objectFrom(pairs);
}

function mergeValue(merge: Merge, key: KeyPath, { base, home, tree }: Three<Value>): Both<Value> {
  if (equalJson(home, tree)) return { home, tree };
  if (home === undefined || tree === undefined) return mergeMissing(merge, key, { base, home, tree });
  if (merge.atomic?.(key) !== true) {
    if (isObject(home) && isObject(tree)) {
      return mergeLevel(merge, key, { base: isObject(base) ? base : {}, home, tree });
    }
    if (isScalars(home) && isScalars(tree)) return mergeSets(merge, key, { base, home, tree });
  }
  if (equalJson(home, base)) return onBoth(tree);
  if (equalJson(tree, base)) return onBoth(home);
  return laterWins(merge, key, { home, tree });
}

function mergeMissing(merge: Merge, key: KeyPath, { base, home, tree }: Three<Value>): Both<Value> {
  const missingOn: Side = home === undefined ? "home" : "tree";
  const value = home === undefined ? tree : home;
  if (value === undefined || base === undefined) return onBoth(value);
  const editedLater = !equalJson(value, base) && merge.later !== missingOn;
  if (editedLater) return onBoth(value);
  const choice = choose(merge, { key, missingOn, value, item: false });
  return choice === "hold" ? { home, tree } : onBoth(choice === "carry" ? undefined : value);
}

function laterWins(merge: Merge, key: KeyPath, { home, tree }: Both<Json>): Both<Value> {
  const kept = merge.later === "home" ? home : tree;
  const lost = merge.later === "home" ? tree : home;
  merge.lost.push({ key, side: merge.later === "home" ? "tree" : "home", kept, lost });
  return onBoth(kept);
}

type Scalar = null | boolean | number | string;
type Scalars = readonly Scalar[];

/**
 * A one-sided change is carried as it stands, order and repetitions included (an argument list is no set). Where both
 * changed, an item stays that both have or that one added: so a `deny` is not lost to a concurrent `allow`.
 */
function mergeSets(
  merge: Merge,
  key: KeyPath,
  { base, home, tree }: { base: Value; home: Scalars; tree: Scalars },
): Both<Value> {
  const known = [...new Set(base !== undefined && isScalars(base) ? base : [])];
  const removed = [
    ...known.filter((value) => !home.includes(value) && tree.includes(value)).map(removalOn("home")),
    ...known.filter((value) => !tree.includes(value) && home.includes(value)).map(removalOn("tree")),
  ];
  const choices = removed.map(({ missingOn, value }) => choose(merge, { key, missingOn, value, item: true }));
  if (choices.includes("hold")) return { home, tree };
  if (!choices.includes("restore")) {
    if (equalJson(home, base)) return onBoth(tree);
    if (equalJson(tree, base)) return onBoth(home);
  }
  const gone = new Set(removed.filter((_, index) => choices[index] === "carry").map(({ value }) => value));
  const [first, second] = merge.later === "home" ? [home, tree] : [tree, home];
  return onBoth([...new Set([...first, ...second])].filter((value) => !gone.has(value)));
}

function removalOn(missingOn: Side): (value: Scalar) => { missingOn: Side; value: Scalar } {
  return (value) => ({ missingOn, value });
}

function isScalars(value: Json): value is Scalars {
  return Array.isArray(value) && value.every((item) => item === null || typeof item !== "object");
}

function choose(merge: Merge, deletion: Deletion): DeletionChoice {
  const choice = merge.deletion(deletion);
  if (choice === "carry") merge.deleted.push(deletion);
  if (choice === "hold") merge.held.push(deletion);
  return choice;
}

function onBoth(value: Value): Both<Value> {
  return { home: value, tree: value };
}

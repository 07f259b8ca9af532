import { equalJson, isObject, type Json, type JsonObject, objectFrom, ownValue } from "../json.ts";
import type { KeyPath } from "./three-way.ts";

export type FreshBaseInput = {
  /** The last state that both sides were proven to have in common. */
  readonly base: JsonObject | "void";
  /** What our latest merges were to leave on both sides, not proven yet; the last one last. */
  readonly merges: readonly JsonObject[];
  readonly home: JsonObject;
  readonly tree: JsonObject;
  /** The same rule that the merge goes by. */
  readonly atomic?: (key: KeyPath) => boolean;
};

/**
 * The base to merge by while merges of ours are fresh. Claude Code may have read a document before a merge and write it
 * after, without its lock: were the base to follow at once, what such a write drops would look deleted, and what it puts
 * back would look edited. Were it not to follow at all, the next edit of a key that was just merged would look as if both sides
 * had changed it. So a side that holds what the base or one of the merges has did not change; where both do, the one that
 * holds the older of the two was written over.
 */
export function freshBase({ base, merges, home, tree, atomic = () => false }: FreshBaseInput): JsonObject {
  return level([], [base === "void" ? {} : base, ...merges], home, tree, atomic);
}

function level(
  path: KeyPath,
  states: readonly JsonObject[],
  home: JsonObject,
  tree: JsonObject,
  atomic: (key: KeyPath) => boolean,
): JsonObject {
  const pairs: [string, Json][] = [];
  for (const key of new Set(states.flatMap((state) => Object.keys(state)))) {
    const here = [...path, key];
    const values = states.map((state) => ownValue(state, key));
    const [onHome, onTree] = [ownValue(home, key), ownValue(tree, key)];
    const objects = isObject(onHome) && isObject(onTree) && values.some(isObject) && !atomic(here);
    const value = objects
      ? level(here, values.map(orEmpty), onHome, onTree, atomic)
      : values[unchanged(values, onHome, onTree)];
    if (value !== undefined) pairs.push([key, value]);
  }
  return objectFrom(pairs);
}

/** Which of the states the sides are to be compared with; the first is the base. */
function unchanged(
  values: readonly (Json | undefined)[],
  onHome: Json | undefined,
  onTree: Json | undefined,
): number {
  const [home, tree] = [onHome, onTree].map((side) => values.findIndex((value) => equalJson(value, side)));
  if (home === undefined || tree === undefined) return 0;
  return home === -1 || tree === -1 ? Math.max(home, tree, 0) : Math.min(home, tree);
}

function orEmpty(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

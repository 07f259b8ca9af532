import { equalJson, isObject, type Json, type JsonObject, objectFrom, ownValue } from "../json.ts";
import type { KeyPath } from "./three-way.ts";

export type FreshBaseInput = {
  /** The last state that both sides were proven to have in common. */
  readonly base: JsonObject | "void";
  /** What our latest merge left on both sides, not proven yet. */
  readonly fresh: JsonObject;
  readonly home: JsonObject;
  readonly tree: JsonObject;
  /** The same rule that the merge goes by. */
  readonly atomic?: (key: KeyPath) => boolean;
};

/**
 * The base to merge by while a merge of ours is fresh. Claude Code may have read a document before the merge and write it
 * after, without its lock: were the base to follow at once, what such a write drops would look deleted, and what it puts
 * back would look edited. Were it not to follow at all, the next edit of a key that was just merged would look as if both sides
 * had changed it. So a key is judged by what the merge left where one side still holds that and none is back at the base.
 */
export function freshBase({ base, fresh, home, tree, atomic = () => false }: FreshBaseInput): JsonObject {
  return level([], base === "void" ? {} : base, fresh, home, tree, atomic);
}

function level(
  path: KeyPath,
  base: JsonObject,
  fresh: JsonObject,
  home: JsonObject,
  tree: JsonObject,
  atomic: (key: KeyPath) => boolean,
): JsonObject {
  const pairs: [string, Json][] = [];
  for (const key of new Set([...Object.keys(base), ...Object.keys(fresh)])) {
    const here = [...path, key];
    const [had, left] = [ownValue(base, key), ownValue(fresh, key)];
    const [onHome, onTree] = [ownValue(home, key), ownValue(tree, key)];
    const objects = isObject(left) && isObject(onHome) && isObject(onTree) && !atomic(here);
    const value = objects
      ? level(here, isObject(had) ? had : {}, left, onHome, onTree, atomic)
      : stands(left, onHome, onTree) && !stands(had, onHome, onTree)
        ? left
        : had;
    if (value !== undefined) pairs.push([key, value]);
  }
  return objectFrom(pairs);
}

function stands(value: Json | undefined, onHome: Json | undefined, onTree: Json | undefined): boolean {
  return equalJson(value, onHome) || equalJson(value, onTree);
}

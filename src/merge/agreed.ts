import { equalJson, isObject, type Json, type JsonObject, objectFrom, ownValue } from "../json.ts";
import type { KeyPath } from "./three-way.ts";

/**
 * The next base: per key what both sides hold, where they agree; else what the base had. So a side that could not be
 * written, or that somebody wrote meanwhile, is still seen as changed by the next merge.
 * @param atomic the same rule that the merge goes by: such a value agrees as a whole or not at all
 */
export function agreedBase(
  base: JsonObject | "void",
  home: JsonObject,
  tree: JsonObject,
  atomic: (key: KeyPath) => boolean = () => false,
): JsonObject {
  return agreedLevel([], base === "void" ? {} : base, home, tree, atomic);
}

function agreedLevel(
  path: KeyPath,
  base: JsonObject,
  home: JsonObject,
  tree: JsonObject,
  atomic: (key: KeyPath) => boolean,
): JsonObject {
  const pairs: [string, Json][] = [];
  for (const key of new Set([...Object.keys(base), ...Object.keys(home), ...Object.keys(tree)])) {
    const [had, onHome, onTree] = [ownValue(base, key), ownValue(home, key), ownValue(tree, key)];
    const agreed = equalJson(onHome, onTree)
      ? onHome
      : isObject(onHome) && isObject(onTree) && !atomic([...path, key])
        ? agreedLevel([...path, key], isObject(had) ? had : {}, onHome, onTree, atomic)
        : had;
    if (agreed !== undefined) pairs.push([key, agreed]);
  }
  return objectFrom(pairs);
}

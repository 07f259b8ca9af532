import { isObject, type Json, type JsonObject, ownValue } from "../json.ts";
import type { Side } from "./three-way.ts";

/** The sides that look reset against their last common state. */
export function resetSides(base: JsonObject, home: JsonObject, tree: JsonObject): Side[] {
  const sides: Side[] = [];
  if (looksReset(base, home)) sides.push("home");
  if (looksReset(base, tree)) sides.push("tree");
  return sides;
}

/**
 * True for a document that its writer replaced by near-empty defaults, as Claude Code does with a damaged `.claude.json`:
 * under half of the base's top-level keys are left, or under half of its projects.
 */
export function looksReset(base: JsonObject, document: JsonObject): boolean {
  return underHalf(base, document) || underHalf(ownValue(base, "projects"), ownValue(document, "projects"));
}

function underHalf(before: Json | undefined, now: Json | undefined): boolean {
  if (!isObject(before)) return false;
  const keys = Object.keys(before);
  return keys.filter((key) => isObject(now) && Object.hasOwn(now, key)).length * 2 < keys.length;
}

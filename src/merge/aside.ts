import { isObject, type Json, type JsonObject, objectFrom, ownValue } from "../json.ts";
import type { KeyPath } from "./three-way.ts";

/** Says which keys one side keeps for itself, so that no merge ever sees them: at the top, and of the variables in `env`. */
export type StaysAside = (key: KeyPath) => boolean;

export type Parts = { readonly travels: JsonObject; readonly aside: JsonObject };

/**
 * Divides a document. An object whose every key is set aside goes with them; one that was empty travels. What nothing is set aside
 * from travels as it is, not as a copy: a comparison with what it came from ends at once.
 */
export function setAside(document: JsonObject, stays: StaysAside, path: KeyPath = []): Parts {
  const travels: [string, Json][] = [];
  const aside: [string, Json][] = [];
  for (const [key, value] of Object.entries(document)) {
    const here = [...path, key];
    if (stays(here)) {
      aside.push([key, value]);
      continue;
    }
    const isDivided = path.length === 0 && key === "env" && isObject(value);
    const parts = isDivided ? setAside(value, stays, here) : undefined;
    const someAside = parts !== undefined && Object.keys(parts.aside).length > 0;
    if (someAside) aside.push([key, parts.aside]);
    if (!someAside) travels.push([key, value]);
    else if (Object.keys(parts.travels).length > 0) travels.push([key, parts.travels]);
  }
  return aside.length === 0
    ? { travels: document, aside: {} }
    : { travels: objectFrom(travels), aside: objectFrom(aside) };
}

/**
 * Puts what was set aside back among `merged`, in the order of the document that it was taken from. Where the merge made
 * something else of an object that holds such keys, the keys win.
 */
export function putBackAside(original: JsonObject, aside: JsonObject, merged: JsonObject): JsonObject {
  const pairs: [string, Json][] = [];
  for (const key of new Set([...Object.keys(original), ...Object.keys(merged)])) {
    const value = together(ownValue(original, key), ownValue(aside, key), ownValue(merged, key));
    if (value !== undefined) pairs.push([key, value]);
  }
  return objectFrom(pairs);
}

function together(
  original: Json | undefined,
  aside: Json | undefined,
  merged: Json | undefined,
): Json | undefined {
  if (aside === undefined) return merged;
  if (!isObject(original) || !isObject(aside) || !isObject(merged)) return aside;
  return putBackAside(original, aside, merged);
}

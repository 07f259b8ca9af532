import { isObject, type Json, type JsonObject, objectFrom, ownValue } from "../json.ts";
import type { KeyPath } from "./three-way.ts";

/** The ways to everything in `document` that is not an object: `["env", "FOO"]`, `["model"]`. */
export function leavesOf(document: JsonObject, path: KeyPath = []): KeyPath[] {
  return Object.entries(document).flatMap(([key, value]) =>
    isObject(value) ? leavesOf(value, [...path, key]) : [[...path, key]],
  );
}

export function valueAt(document: JsonObject, key: KeyPath): Json | undefined {
  let value: Json | undefined = document;
  for (const name of key) value = isObject(value) ? ownValue(value, name) : undefined;
  return value;
}

/** `document` with `value` at `key`, in its place; undefined removes it. What stands in the way is replaced. */
export function withValueAt(
  document: JsonObject,
  [first, ...rest]: KeyPath,
  value: Json | undefined,
): JsonObject {
  if (first === undefined) return document;
  if (rest.length === 0) return withKey(document, first, value);
  const inner = ownValue(document, first);
  if (value === undefined && !isObject(inner)) return document;
  return withKey(document, first, withValueAt(isObject(inner) ? inner : {}, rest, value));
}

/**
 * `document` with what `base` has at `key`. An object that is empty without the key goes too, unless `base` has one
 * there: it was made for the key alone.
 */
export function withBaseValueAt(
  document: JsonObject,
  base: JsonObject,
  [first, ...rest]: KeyPath,
): JsonObject {
  if (first === undefined) return document;
  const had = ownValue(base, first);
  if (rest.length === 0) return withKey(document, first, had);
  const inner = ownValue(document, first);
  const below = withBaseValueAt(isObject(inner) ? inner : {}, isObject(had) ? had : {}, rest);
  if (Object.keys(below).length > 0) return withKey(document, first, below);
  return inner === undefined ? document : withKey(document, first, isObject(had) ? below : had);
}

function withKey(document: JsonObject, key: string, value: Json | undefined): JsonObject {
  const pairs = Object.entries(document).filter(([name]) => name !== key || value !== undefined);
  return objectFrom(value === undefined ? pairs : [...pairs, [key, value]]);
}

/** `document` with its keys in the order of `model`, at every depth; keys of its own come last. */
export function inOrderOf(model: JsonObject, document: JsonObject): JsonObject {
  const known = Object.keys(model).filter((key) => Object.hasOwn(document, key));
  return objectFrom(
    [...new Set([...known, ...Object.keys(document)])].flatMap((key): [string, Json][] => {
      const [before, now] = [ownValue(model, key), ownValue(document, key)];
      if (now === undefined) return [];
      return [[key, isObject(before) && isObject(now) ? inOrderOf(before, now) : now]];
    }),
  );
}

/** Every string value in `value` through `rewrite`; keys stay. */
export function mapStrings(value: JsonObject, rewrite: (text: string) => string): JsonObject {
  return objectFrom(Object.entries(value).map(([key, inner]) => [key, mapped(inner, rewrite)]));
}

function mapped(value: Json, rewrite: (text: string) => string): Json {
  if (typeof value === "string") return rewrite(value);
  if (isList(value)) return value.map((item) => mapped(item, rewrite));
  return isObject(value) ? mapStrings(value, rewrite) : value;
}

/** Array.isArray does not narrow a readonly array. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

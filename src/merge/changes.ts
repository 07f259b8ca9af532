import { equalJson, isObject, type Json, type JsonObject, ownValue } from "../json.ts";
import { withValueAt } from "./leaves.ts";
import type { KeyPath } from "./three-way.ts";

/** What stands at `key` instead; no value: nothing. */
export type Change = { readonly key: KeyPath; readonly value?: Json };

/** What has to be changed in `base` to get `document`. */
export function changesFrom(base: JsonObject, document: JsonObject, path: KeyPath = []): Change[] {
  return [...new Set([...Object.keys(base), ...Object.keys(document)])].flatMap((name): Change[] => {
    const key = [...path, name];
    const [before, now] = [ownValue(base, name), ownValue(document, name)];
    if (equalJson(before, now)) return [];
    if (now === undefined) return [{ key }];
    return isObject(before) && isObject(now) ? changesFrom(before, now, key) : [{ key, value: now }];
  });
}

export function withChanges(base: JsonObject, changes: readonly Change[]): JsonObject {
  return changes.reduce((document, { key, value }) => withValueAt(document, key, value), base);
}

/** Undefined for what is no change. */
export function changeFrom(json: Json): Change | undefined {
  const key = isObject(json) ? ownValue(json, "key") : undefined;
  if (!isObject(json) || !Array.isArray(key)) return undefined;
  const value = ownValue(json, "value");
  const names = key.filter((name) => typeof name === "string");
  return value === undefined ? { key: names } : { key: names, value };
}

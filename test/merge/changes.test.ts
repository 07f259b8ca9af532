import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Json } from "../../src/json.ts";
import { changeFrom, changesFrom, withChanges } from "../../src/merge/changes.ts";
import { anyDocument } from "./documents.ts";

test("the changes from one document to another lead there, through JSON too", () => {
  fc.assert(
    fc.property(anyDocument, anyDocument, (base, document) => {
      const stored: readonly Json[] = JSON.parse(JSON.stringify(changesFrom(base, document)));
      const read = stored.flatMap((json) => changeFrom(json) ?? []);
      expect(withChanges(base, read)).toEqual(document);
    }),
  );
});

test("equal documents have none, and a change inside is small", () => {
  const base = { projects: { a: { cost: 1 }, b: {} }, theme: "dark" };
  expect(changesFrom(base, base)).toEqual([]);
  expect(changesFrom(base, { projects: { a: { cost: 2 }, b: {} } })).toEqual([
    { key: ["projects", "a", "cost"], value: 2 },
    { key: ["theme"] },
  ]);
});

test("what is no change is none", () => {
  for (const json of [null, 1, "x", {}, { key: "a" }]) expect(changeFrom(json)).toBeUndefined();
});

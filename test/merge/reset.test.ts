import { expect, test } from "bun:test";
import { looksReset } from "../../src/merge/reset.ts";

test.each([
  ["all keys are there", { a: 1, b: 1 }, { a: 2, b: 2 }, false],
  ["exactly half of the keys are left", { a: 1, b: 1 }, { a: 1 }, false],
  ["under half of the keys are left", { a: 1, b: 1, c: 1 }, { a: 1 }, true],
  ["as many keys as before, but others", { a: 1, b: 1, c: 1 }, { a: 1, x: 1, y: 1 }, true],
  [
    "under half of the projects are left",
    { a: 1, projects: { p: {}, q: {}, r: {} } },
    { a: 1, projects: { p: {} } },
    true,
  ],
  ["projects is gone", { a: 1, b: 1, projects: { p: {} } }, { a: 1, b: 1 }, true],
  ["there was nothing", {}, {}, false],
] as const)("looksReset: %s", (_, base, document, expected) => {
  expect(looksReset(base, document)).toBe(expected);
});

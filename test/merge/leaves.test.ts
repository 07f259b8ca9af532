import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { equalJson } from "../../src/json.ts";
import {
  inOrderOf,
  leavesOf,
  mapStrings,
  valueAt,
  withBaseValueAt,
  withValueAt,
} from "../../src/merge/leaves.ts";
import { anyDocument, documentOf } from "./documents.ts";

describe("leaves", () => {
  test("are everything that is no object", () => {
    expect(leavesOf({ model: "opus", env: { A: "1" }, list: [{ x: 1 }], empty: {} })).toEqual([
      ["model"],
      ["env", "A"],
      ["list"],
    ]);
  });

  test("are found and set one by one, and what stands in the way is replaced", () => {
    expect(valueAt({ env: { A: "1" } }, ["env", "A"])).toBe("1");
    expect(valueAt({ env: "broken" }, ["env", "A"])).toBeUndefined();
    expect(valueAt({}, ["constructor"])).toBeUndefined();
    expect(withValueAt({ env: "broken", b: 1 }, ["env", "A"], "1")).toEqual({ env: { A: "1" }, b: 1 });
    expect(withValueAt({ env: { A: "1", B: "2" } }, ["env", "A"], undefined)).toEqual({ env: { B: "2" } });
    expect(withValueAt({ env: "broken" }, ["env", "A"], undefined)).toEqual({ env: "broken" });
    expect(JSON.stringify(withValueAt({}, ["__proto__"], 1))).toBe('{"__proto__":1}');
  });

  test.each([
    ["the base value comes back", { env: { A: "o" } }, { env: { A: "b" } }, { env: { A: "b" } }],
    ["an object made for the key alone goes", { env: { A: "o" } }, {}, {}],
    ["an object that the base has stays, though empty", { env: { A: "o" } }, { env: {} }, { env: {} }],
    ["an object with other keys stays", { env: { A: "o", B: "1" } }, {}, { env: { B: "1" } }],
    ["a base value comes back though the whole object went", {}, { env: { A: "b" } }, { env: { A: "b" } }],
    ["an object that is not there is not made", {}, { env: { B: "1" } }, {}],
    ["a scalar of the base comes back", { env: { A: "o" } }, { env: "x" }, { env: "x" }],
  ])("put back: %s", (_, document, base, expected) => {
    expect(
      withBaseValueAt(documentOf(JSON.stringify(document)), documentOf(JSON.stringify(base)), ["env", "A"]),
    ).toEqual(expected);
  });

  test("a document made of its leaves is the document, but for empty objects", () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const keys = leavesOf(document);
        const rebuilt = keys.reduce(
          (built, key) => withValueAt(built, key, valueAt(document, key) ?? null),
          documentOf("{}"),
        );
        expect(leavesOf(rebuilt)).toEqual(leavesOf(inOrderOf(rebuilt, document)));
        for (const key of keys) expect(equalJson(valueAt(rebuilt, key), valueAt(document, key))).toBe(true);
      }),
    );
  });

  test("an order is taken over without a change of content", () => {
    expect(
      JSON.stringify(inOrderOf({ b: 0, env: { Y: 0, X: 0 } }, { a: 1, env: { X: 1, Y: 1 }, b: 1 })),
    ).toBe('{"b":1,"env":{"Y":1,"X":1},"a":1}');
    fc.assert(
      fc.property(anyDocument, anyDocument, (model, document) => {
        expect(equalJson(inOrderOf(model, document), document)).toBe(true);
      }),
    );
  });

  test("strings are rewritten at every depth, keys are not", () => {
    const upper = (text: string) => text.toUpperCase();
    expect(mapStrings({ a: ["x", { b: "y" }], c: 1, d: null }, upper)).toEqual({
      a: ["X", { b: "Y" }],
      c: 1,
      d: null,
    });
  });
});

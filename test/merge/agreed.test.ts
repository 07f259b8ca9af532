import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { equalJson } from "../../src/json.ts";
import { agreedBase } from "../../src/merge/agreed.ts";
import { anyBase, anyDocument, documentOf } from "./documents.ts";

describe("agreedBase", () => {
  test("takes what both sides hold and keeps its own where they differ", () => {
    const base = agreedBase({ a: 0, b: 0, c: 0 }, { a: 1, b: 1, d: 1 }, { a: 1, b: 2, e: 1 });
    expect(base).toEqual({ a: 1, b: 0 });
  });

  test("agrees inside objects key by key", () => {
    const base = agreedBase(
      { projects: { p: { x: 0 } } },
      { projects: { p: { x: 1, y: 1 } } },
      { projects: { p: { x: 2, y: 1 } } },
    );
    expect(base).toEqual({ projects: { p: { x: 0, y: 1 } } });
  });

  test("never mixes an atomic value", () => {
    const whole = (key: readonly string[]) => key[0] === "server";
    const base = agreedBase(
      { server: { a: 0, b: 0 } },
      { server: { a: 1, b: 0 } },
      { server: { a: 1, b: 2 } },
      whole,
    );
    expect(base).toEqual({ server: { a: 0, b: 0 } });
  });

  test("a key named __proto__ survives", () => {
    const document = documentOf('{"__proto__":{"a":1}}');
    expect(JSON.stringify(agreedBase("void", document, document))).toBe('{"__proto__":{"a":1}}');
  });

  test("is the document itself where both sides hold the same", () => {
    fc.assert(
      fc.property(anyBase, anyDocument, (base, document) => {
        expect(equalJson(agreedBase(base, document, document), document)).toBe(true);
      }),
    );
  });

  test("done twice is the same as done once", () => {
    fc.assert(
      fc.property(anyBase, anyDocument, anyDocument, (base, home, tree) => {
        const once = agreedBase(base, home, tree);
        expect(JSON.stringify(agreedBase(once, home, tree))).toBe(JSON.stringify(once));
      }),
    );
  });
});

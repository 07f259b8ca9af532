import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/json.ts";
import { freshBase } from "../../src/merge/fresh-base.ts";
import { mergeObjects } from "../../src/merge/three-way.ts";

/** The base had `k: 1`; our merge left `k: 2` on both sides a moment ago. */
test.each<[string, JsonObject, JsonObject, JsonObject]>([
  ["an edit of the tree after the merge is the tree's alone", { k: 2 }, { k: 3 }, { k: 3 }],
  ["an edit of home after the merge is home's alone", { k: 3 }, { k: 2 }, { k: 3 }],
  ["what an unlocked write of claude's put back in home is applied again", { k: 1 }, { k: 2 }, { k: 2 }],
  ["what an unlocked write of claude's put back in the tree is applied again", { k: 2 }, { k: 1 }, { k: 2 }],
  ["an edit beside such a write is kept", { k: 1 }, { k: 3 }, { k: 3 }],
])("%s", (_name, home, tree, expected) => {
  const base = freshBase({ base: { k: 1 }, merges: [{ k: 2 }], home, tree });
  for (const later of ["home", "tree"] as const) {
    const merged = mergeObjects({ base, home, tree, later, deletion: () => "carry" });
    expect(merged).toMatchObject({ home: expected, tree: expected, lost: [] });
  }
});

test("after a kill between the note and the write, neither side has changed: the newer of two merges is applied again", () => {
  const base = freshBase({ base: { k: 1 }, merges: [{ k: 2 }, { k: 3 }], home: { k: 3 }, tree: { k: 2 } });
  for (const later of ["home", "tree"] as const) {
    const sides = { home: { k: 3 }, tree: { k: 2 } };
    expect(mergeObjects({ base, ...sides, later, deletion: () => "carry" }).tree).toEqual({ k: 3 });
  }
});

test("a key that the merge added and a write dropped is added again, and one that it left is deleted", () => {
  const [base, fresh, both] = [{ old: 1 }, { old: 1, added: 1 }, { old: 1, added: 1 }];
  const merge = (tree: JsonObject) => {
    const chosen = freshBase({ base, merges: [fresh], home: both, tree });
    return mergeObjects({ base: chosen, home: both, tree, later: "home", deletion: () => "carry" }).home;
  };
  expect(merge({ old: 1 })).toEqual(both);
  expect(merge({ added: 1 })).toEqual({ added: 1 });
});

test("a server is one value, as for the merge", () => {
  const [base, fresh] = [{ s: { a: 1, b: 1 } }, { s: { a: 2, b: 1 } }];
  const tree = { s: { a: 2, b: 2 } };
  const chosen = freshBase({ base, merges: [fresh], home: fresh, tree, atomic: () => true });
  expect(chosen).toEqual(fresh);
});

test("no key comes from nowhere, and a base without a fresh merge is itself", () => {
  const value = fc.constantFrom<Json>(1, 2, 3, {});
  const document = fc.dictionary(fc.constantFrom("a", "b", "c"), value);
  fc.assert(
    fc.property(document, document, document, document, (base, fresh, home, tree) => {
      const chosen = freshBase({ base, merges: [fresh], home, tree });
      for (const key of Object.keys(chosen)) expect([base[key], fresh[key]]).toContainEqual(chosen[key]);
      expect(freshBase({ base, merges: [base], home, tree })).toEqual(base);
    }),
  );
});

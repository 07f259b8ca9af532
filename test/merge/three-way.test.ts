import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { equalJson, type JsonObject } from "../../src/json.ts";
import { agreedBase } from "../../src/merge/agreed.ts";
import {
  type Deletion,
  type DeletionChoice,
  type MergeInput,
  mergeObjects,
} from "../../src/merge/three-way.ts";
import { anyBase, anyDocument, anySide, documentOf } from "./documents.ts";

type Row = {
  name: string;
  base: JsonObject | "void";
  home: JsonObject;
  tree: JsonObject;
  later?: "home" | "tree";
  both: JsonObject;
};

const ROWS: readonly Row[] = [
  {
    name: "an edit at home reaches the tree",
    base: { a: 1 },
    home: { a: 2 },
    tree: { a: 1 },
    both: { a: 2 },
  },
  {
    name: "an edit in the tree reaches home",
    base: { a: 1 },
    home: { a: 1 },
    tree: { a: 2 },
    both: { a: 2 },
  },
  {
    name: "an earlier edit of one side beats no edit of the later",
    base: { a: 1 },
    home: { a: 2 },
    tree: { a: 1 },
    later: "tree",
    both: { a: 2 },
  },
  {
    name: "edits of different keys are both kept",
    base: { a: 1, b: 1 },
    home: { a: 2, b: 1 },
    tree: { a: 1, b: 2 },
    both: { a: 2, b: 2 },
  },
  {
    name: "of two edits of one key the later stands, that key alone",
    base: { a: 1, b: 1 },
    home: { a: 2, b: 5 },
    tree: { a: 3, b: 1 },
    later: "tree",
    both: { a: 3, b: 5 },
  },
  {
    name: "a new key is added to the other side",
    base: {},
    home: { a: 1 },
    tree: { b: 2 },
    both: { a: 1, b: 2 },
  },
  {
    name: "a deletion is carried",
    base: { a: 1, b: 1 },
    home: { b: 1 },
    tree: { a: 1, b: 1 },
    both: { b: 1 },
  },
  {
    name: "a deletion loses to a later edit",
    base: { a: { x: 1 } },
    home: {},
    tree: { a: { x: 2 } },
    later: "tree",
    both: { a: { x: 2 } },
  },
  {
    name: "an edit loses to a later deletion",
    base: { a: { x: 1 } },
    home: {},
    tree: { a: { x: 2 } },
    later: "home",
    both: {},
  },
  {
    name: "a void base deletes nothing",
    base: "void",
    home: { a: 1, list: ["x"] },
    tree: { b: 2, list: ["y"] },
    later: "home",
    both: { a: 1, list: ["x", "y"], b: 2 },
  },
  {
    name: "null is a value, not an absence",
    base: { a: null, b: 1 },
    home: { a: null, b: null },
    tree: { a: null, b: 1 },
    both: { a: null, b: null },
  },
  {
    name: "a null that one side added reaches the other",
    base: {},
    home: { a: null },
    tree: {},
    both: { a: null },
  },
  {
    name: "a deny is not lost to a concurrent allow",
    base: { permissions: { allow: ["ls"], deny: ["curl"] } },
    home: { permissions: { allow: ["ls"], deny: ["curl", "rm"] } },
    tree: { permissions: { allow: ["ls", "cat"], deny: ["curl", "wget"] } },
    later: "tree",
    both: { permissions: { allow: ["ls", "cat"], deny: ["curl", "wget", "rm"] } },
  },
  {
    name: "an item that one side removed goes, one that the other added stays",
    base: { list: ["a", "b"] },
    home: { list: ["b"] },
    tree: { list: ["a", "b", "c"] },
    later: "home",
    both: { list: ["b", "c"] },
  },
  {
    name: "an argument list that one side changed keeps its order and repetitions",
    base: { args: ["--header", "A"] },
    home: { args: ["--header", "A"] },
    tree: { args: ["--header", "A", "--header", "B"] },
    later: "home",
    both: { args: ["--header", "A", "--header", "B"] },
  },
  {
    name: "a list of objects is taken whole from the later side",
    base: { hooks: [{ a: 1 }] },
    home: { hooks: [{ a: 2 }] },
    tree: { hooks: [{ a: 1 }, { b: 1 }] },
    later: "home",
    both: { hooks: [{ a: 2 }] },
  },
  {
    name: "an object that became a scalar on one side does so on the other",
    base: { a: { x: 1 } },
    home: { a: "off" },
    tree: { a: { x: 1 } },
    both: { a: "off" },
  },
];

describe("mergeObjects", () => {
  test.each([...ROWS])("$name", ({ base, home, tree, later = "home", both }) => {
    const merged = mergeObjects({ base, home, tree, later, deletion: () => "carry" });
    expect(merged.home).toEqual(both);
    expect(merged.tree).toEqual(merged.home);
  });

  test("a value that lost is named, with what stands instead", () => {
    const merged = mergeObjects({
      base: { a: { b: 1 } },
      home: { a: { b: 2 } },
      tree: { a: { b: 3 } },
      later: "tree",
      deletion: () => "carry",
    });
    expect(merged.lost).toEqual([{ key: ["a", "b"], side: "home", kept: 3, lost: 2 }]);
  });

  test("a deletion that is carried is named with its value", () => {
    const merged = merge({ base: { a: 1 }, home: {}, tree: { a: 1 } }, "carry");
    expect(merged.deleted).toEqual([{ key: ["a"], missingOn: "home", value: 1, item: false }]);
    expect(merged.tree).toEqual({});
  });

  test("a deletion on hold leaves both sides as they are", () => {
    const merged = merge({ base: { a: 1 }, home: {}, tree: { a: 1 } }, "hold");
    expect([merged.home, merged.tree]).toEqual([{}, { a: 1 }]);
    expect(merged.held).toEqual([{ key: ["a"], missingOn: "home", value: 1, item: false }]);
    expect(merged.deleted).toEqual([]);
  });

  test("a deletion that is refused is put back", () => {
    const merged = merge({ base: { a: 1 }, home: {}, tree: { a: 1 } }, "restore");
    expect([merged.home, merged.tree]).toEqual([{ a: 1 }, { a: 1 }]);
    expect([merged.deleted, merged.held]).toEqual([[], []]);
  });

  test("an item of a list that vanished is asked about like a key", () => {
    const sides = {
      base: { deny: ["rm", "curl"] },
      home: { deny: ["rm", "curl"] },
      tree: { deny: ["curl", "wget"] },
    };
    const asked: Deletion[] = [{ key: ["deny"], missingOn: "tree", value: "rm", item: true }];
    expect(merge(sides, "carry")).toMatchObject({ home: { deny: ["curl", "wget"] }, deleted: asked });
    expect(merge(sides, "hold")).toMatchObject({ home: sides.home, tree: sides.tree, held: asked });
    expect(merge(sides, "restore")).toMatchObject({
      home: { deny: ["rm", "curl", "wget"] },
      tree: { deny: ["rm", "curl", "wget"] },
    });
  });

  test("an atomic value is never mixed from both sides", () => {
    const merged = mergeObjects({
      base: "void",
      home: { server: { command: "a", args: ["x"] } },
      tree: { server: { command: "b", env: {} } },
      later: "tree",
      deletion: () => "carry",
      atomic: (key) => key[0] === "server",
    });
    expect(merged.home).toEqual({ server: { command: "b", env: {} } });
  });

  test("each side keeps the order of its keys, and what is new comes last", () => {
    const merged = merge(
      { base: { x: 1, y: 1 }, home: { x: 1, h: 1, y: 1 }, tree: { y: 1, t: 1, x: 1 } },
      "carry",
    );
    expect(Object.keys(merged.home)).toEqual(["x", "h", "y", "t"]);
    expect(Object.keys(merged.tree)).toEqual(["y", "t", "x", "h"]);
  });

  test("a key named __proto__ survives and pollutes nothing", () => {
    const tree = documentOf('{"__proto__":{"polluted":true},"constructor":1}');
    const merged = mergeObjects({ base: {}, home: {}, tree, later: "home", deletion: () => "carry" });
    expect(JSON.stringify(merged.home)).toBe('{"__proto__":{"polluted":true},"constructor":1}');
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    expect(Object.getPrototypeOf(merged.home)).toBe(Object.prototype);
  });
});

function merge(sides: Pick<MergeInput, "base" | "home" | "tree">, choice: DeletionChoice) {
  return mergeObjects({ ...sides, later: "home", deletion: () => choice });
}

describe("mergeObjects, for any documents", () => {
  const anyChoice = fc.constantFrom<DeletionChoice[]>("carry", "hold", "restore");
  const anyInput = fc.record({ base: anyBase, home: anyDocument, tree: anyDocument, later: anySide });

  test("both sides end equal unless something is held", () => {
    fc.assert(
      fc.property(anyInput, anyChoice, (input, choice) => {
        const merged = mergeObjects({ ...input, deletion: () => choice });
        expect(equalJson(merged.home, merged.tree)).toBe(merged.held.length === 0);
      }),
    );
  });

  test("merging what was merged changes nothing and reports nothing", () => {
    fc.assert(
      fc.property(anyInput, anyChoice, (input, choice) => {
        const once = mergeObjects({ ...input, deletion: () => choice });
        const base = agreedBase(input.base, once.home, once.tree);
        const twice = mergeObjects({ ...input, ...once, base, deletion: () => choice });
        expect(JSON.stringify([twice.home, twice.tree])).toBe(JSON.stringify([once.home, once.tree]));
        expect([twice.lost, twice.deleted]).toEqual([[], []]);
      }),
    );
  });

  test("it does not matter which side is called home", () => {
    fc.assert(
      fc.property(anyInput, anyChoice, ({ base, home, tree, later }, choice) => {
        const one = mergeObjects({ base, home, tree, later, deletion: () => choice });
        const swapped = later === "home" ? "tree" : "home";
        const other = mergeObjects({ base, home: tree, tree: home, later: swapped, deletion: () => choice });
        expect(equalJson(one.home, other.tree)).toBe(true);
        expect(equalJson(one.tree, other.home)).toBe(true);
      }),
    );
  });

  test("what only one side touched is carried as it stands", () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, anySide, (base, edited, later) => {
        const merged = mergeObjects({ base, home: edited, tree: base, later, deletion: () => "carry" });
        expect(equalJson(merged.tree, edited)).toBe(true);
        expect(equalJson(merged.home, edited)).toBe(true);
        expect(merged.lost).toEqual([]);
      }),
    );
  });

  test("no top-level key goes that was not named as deleted", () => {
    fc.assert(
      fc.property(anyInput, anyChoice, (input, choice) => {
        const merged = mergeObjects({ ...input, deletion: () => choice });
        const gone = new Set(merged.deleted.map(({ key }) => key[0]));
        for (const key of [...Object.keys(input.home), ...Object.keys(input.tree)]) {
          if (gone.has(key)) continue;
          expect(Object.hasOwn(merged.home, key) || Object.hasOwn(merged.tree, key)).toBe(true);
        }
      }),
    );
  });

  test("a void base asks about no deletion", () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, anySide, (home, tree, later) => {
        const never = () => {
          throw new Error("asked");
        };
        const merged = mergeObjects({ base: "void", home, tree, later, deletion: never });
        for (const key of [...Object.keys(home), ...Object.keys(tree)]) {
          expect(Object.hasOwn(merged.home, key)).toBe(true);
        }
      }),
    );
  });

  test("each side keeps the order of the keys that it had", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const merged = mergeObjects({ ...input, deletion: () => "carry" });
        for (const side of ["home", "tree"] as const) {
          const kept = Object.keys(input[side]).filter((key) => Object.hasOwn(merged[side], key));
          expect(Object.keys(merged[side]).slice(0, kept.length)).toEqual(kept);
        }
      }),
    );
  });
});

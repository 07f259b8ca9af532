import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { findMissing, keepBothTails, linesOf } from "../../src/tree/jsonl-tails.ts";

function join(home: string, tree: string): string {
  return Buffer.from(keepBothTails(Buffer.from(home, "latin1"), Buffer.from(tree, "latin1"))).toString(
    "latin1",
  );
}

function cut(text: string, length: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < text.length; from += length)
    pieces.push(Buffer.from(text.slice(from, from + length)));
  return pieces;
}

describe("keepBothTails", () => {
  test.each([
    ["both tails", "1\n2\nhome\n", "1\n2\ntree\n", "1\n2\nhome\ntree\n"],
    ["a side that did not grow", "1\n2\n", "1\n2\ntree\n", "1\n2\ntree\n"],
    ["a side that was cut", "1\n2\n", "1\n", "1\n2\n"],
    ["nothing in common", "a\n", "b\n", "a\nb\n"],
    ["a half-written last line", "1\nhal", "1\nhalf\n", "1\nhal\nhalf\n"],
    ["no line end at the tree's end", "1\nh\n", "1\nt", "1\nh\nt"],
    ["a line that is on both sides once", "1\nx\n", "1\nx\ny\n", "1\nx\ny\n"],
    ["a line that stands twice on one side", "1\nx\n", "1\nz\nx\nx\n", "1\nx\nz\nx\n"],
    ["an empty side", "", "1\n", "1\n"],
    ["bytes that are not UTF-8", "\xff\n\xfe\n", "\xff\n\xfd\n", "\xff\n\xfe\n\xfd\n"],
  ])("%s", (_, home, tree, joined) => {
    expect(join(home, tree)).toBe(joined);
  });

  const file = fc.array(fc.constantFrom("a\n", "b\n", "c\n", "c", "\n")).map((parts) => parts.join(""));

  test("begins with all of home's bytes and has every line of the tree's as often as the tree has", () => {
    fc.assert(
      fc.property(file, file, (home, tree) => {
        const joined = join(home, tree);
        expect(joined.startsWith(home)).toBe(true);
        const count = (text: string, line: string) => text.split("\n").filter((each) => each === line).length;
        for (const line of ["a", "b", "c"]) {
          if (home.endsWith("\n") || home === "") {
            expect(count(joined, line)).toBeGreaterThanOrEqual(count(tree, line));
          }
        }
      }),
    );
  });

  test("comes out the same however short the pieces are in which both are read", () => {
    fc.assert(
      fc.property(file, file, fc.integer({ min: 1, max: 7 }), (home, tree, length) => {
        const missing = findMissing(cut(home, length), cut(tree, length));
        const tail = Buffer.concat([...linesOf(cut(tree, length), missing)]);
        expect(home + tail.toString()).toBe(join(home, tree));
        expect(tail).toHaveLength(missing.length);
      }),
    );
  });

  test("joined again with either side changes nothing", () => {
    fc.assert(
      fc.property(file, file, (home, tree) => {
        const joined = join(home, tree);
        expect(join(joined, tree)).toBe(joined);
      }),
    );
  });
});

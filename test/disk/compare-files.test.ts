import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beginsWith, haveSameBytes } from "../../src/disk/compare-files.ts";
import { piecesOf } from "../../src/disk/pieces.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-compare-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

const PIECE = 256 * 1024;

test.each([0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])(
  "a file of %d bytes is read whole, in pieces",
  (size) => {
    const lengths = [...piecesOf(file("a", "x".repeat(size)))].map((piece) => piece.length);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(size);
    expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(PIECE);
    expect(lengths.slice(0, -1).every((length) => length === PIECE)).toBe(true);
  },
);

test.each([
  ["the same", "x".repeat(PIECE + 5), { same: true, begins: true }],
  ["a beginning that ends with a piece", "x".repeat(PIECE), { same: false, begins: true }],
  ["nothing", "", { same: false, begins: true }],
  ["one that is longer", "x".repeat(PIECE + 6), { same: false, begins: false }],
  ["one that differs in its last byte", `${"x".repeat(PIECE + 4)}y`, { same: false, begins: false }],
])("beside %s", (_, text, { same, begins }) => {
  const [path, other] = [file("a", "x".repeat(PIECE + 5)), file("b", text)];
  expect({ same: haveSameBytes(path, other), begins: beginsWith(path, other) }).toEqual({ same, begins });
});

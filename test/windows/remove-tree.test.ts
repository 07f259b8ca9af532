import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "../../src/windows/remove-tree.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-remove-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function file(...names: string[]): string {
  const path = join(root, ...names);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "text");
  return path;
}

test("a directory goes with all that is in it, what is read-only too", () => {
  chmodSync(file("store", "profiles", "work", "a"), 0o400);
  file("store", "profiles", "b");
  removeTree(join(root, "store"));
  expect(readdirSync(root)).toEqual([]);
});

test("what is not there is no error", () => removeTree(join(root, "none")));

// Wine has no links at all.
test.skipIf(process.env["WINE_TESTS"] === "1")("of a link the link alone goes, whatever it leads to", () => {
  const kept = file("home", "projects", "a");
  mkdirSync(join(root, "store"));
  symlinkSync(join(root, "home", "projects"), join(root, "store", "projects"), "junction");
  symlinkSync(join(root, "none"), join(root, "store", "dangling"), "junction");
  removeTree(join(root, "store"));
  expect(existsSync(join(root, "store"))).toBe(false);
  expect(existsSync(kept)).toBe(true);
});

import { afterEach, beforeEach, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Manifest, readManifest, writeManifest } from "../../src/tree/manifest.ts";
import { put, type TwoRoots, twoRoots } from "./support/two-roots.ts";

let roots: TwoRoots;
beforeEach(() => {
  roots = twoRoots();
});
afterEach(() => roots.remove());

const number = fc.bigInt(0n, 2n ** 64n - 1n);
const files = fc
  .array(fc.tuple(fc.string(), fc.record({ dev: number, ino: number, size: number, mtimeNs: number })))
  .map((entries) => new Map([["__proto__", { dev: 1n, ino: 2n, size: 3n, mtimeNs: -4n }], ...entries]));
const manifests: fc.Arbitrary<Manifest> = fc.record({
  mode: fc.constantFrom("symlink", "junction", "copy"),
  forced: fc.boolean(),
  home: fc.record({ path: fc.string(), dev: number, ino: number }),
  tree: fc.record({ dev: number, ino: number }),
  entries: files,
  leakFree: files,
});

test("is read back as it was written, 64-bit numbers and odd names too", () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      writeManifest(roots.paths, manifest);
      expect(readManifest(roots.paths)).toEqual(manifest);
    }),
  );
});

test("is closed to others", () => {
  roots.pass();
  expect(statSync(join(roots.paths.base, "manifest.json")).mode & 0o777).toBe(0o600);
});

test.each([
  "",
  "{",
  "[]",
  "null",
  '{"version":2}',
  '{"version":1,"mode":"hardlink"}',
  '{"version":1,"mode":"symlink","home":{"path":"/x","dev":1,"ino":2},"tree":{"dev":"1","ino":"2"},"entries":{}}',
])("counts as missing when it reads %j", (content) => {
  writeFileSync(join(roots.paths.base, "manifest.json"), content);
  expect(readManifest(roots.paths)).toBeUndefined();
});

test("names the file that each link leads to, as it was when linked", () => {
  put(roots.homePath("CLAUDE.md"), "mine");
  const stat = statSync(roots.homePath("CLAUDE.md"), { bigint: true });
  const facts = roots.pass().manifest?.entries.get("CLAUDE.md");
  expect(facts).toEqual({ dev: stat.dev, ino: stat.ino, size: 4n, mtimeNs: stat.mtimeNs });
});

test("follows a file that was edited through its link, so that the next conflict is judged by it", () => {
  put(roots.homePath("CLAUDE.md"), "mine");
  roots.pass();
  writeFileSync(roots.treePath("CLAUDE.md"), "edited through the link");
  roots.pass();
  expect(readManifest(roots.paths)?.entries.get("CLAUDE.md")?.size).toBe(23n);
});

import { afterEach, beforeEach, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { inspectTree, type RootFacts } from "../../src/tree/inspect.ts";
import { put, type TwoRoots, twoRoots } from "./support/two-roots.ts";

let roots: TwoRoots;
beforeEach(() => {
  roots = twoRoots();
  mkdirSync(roots.home.root);
  mkdirSync(roots.paths.runtime);
});
afterEach(() => roots.remove());

function types(facts: RootFacts): Record<string, string> {
  return Object.fromEntries([...facts.entries].map(([name, entry]) => [name, entry.type]));
}

test("says of every entry what it is, and follows the links of claude home alone", () => {
  put(roots.homePath("file"), "f");
  mkdirSync(roots.homePath("directory"));
  execFileSync("mkfifo", [roots.homePath("pipe")]);
  symlinkSync("file", roots.homePath("link"));
  symlinkSync("/nowhere", roots.homePath("dangling"));
  symlinkSync("loop", roots.homePath("loop"));
  symlinkSync(roots.homePath("file"), roots.treePath("file"));
  const { home, tree } = inspectTree(roots.home, roots.paths);
  expect(types(home)).toEqual({
    file: "file",
    directory: "directory",
    pipe: "other",
    link: "link",
    dangling: "link",
    loop: "link",
  });
  expect(home.entries.get("link")).toMatchObject({ leads: "file", file: { size: 1n } });
  expect(home.entries.get("dangling")).toMatchObject({ leads: "nowhere" });
  expect(home.entries.get("loop")).toMatchObject({ leads: "elsewhere" });
  expect(tree.entries.get("file")).toEqual({ type: "link", text: roots.homePath("file"), leads: "unasked" });
});

test("looks into state/ and nowhere else", () => {
  put(roots.homePath("state/deep/x"), "x");
  put(roots.homePath("projects/y"), "y");
  expect([...inspectTree(roots.home, roots.paths).home.entries.keys()].sort()).toEqual([
    "projects",
    "state",
    "state/deep",
  ]);
});

test("tells a root that is missing from one that is no directory", () => {
  put(join(roots.base, "file"), "");
  const missing = inspectTree({ root: join(roots.base, "none") }, roots.paths).home;
  const wrong = inspectTree({ root: join(roots.base, "file") }, roots.paths).home;
  expect([missing.state, wrong.state]).toEqual(["missing", "unreadable"]);
});

test.skipIf(process.getuid?.() === 0)("a closed state/ costs its own entries and no others", () => {
  put(roots.homePath("CLAUDE.md"), "mine");
  put(roots.homePath("state/x"), "x");
  chmodSync(roots.homePath("state"), 0);
  const applied = roots.pass();
  chmodSync(roots.homePath("state"), 0o700);
  expect(applied.skipped).toEqual([{ name: "state", why: "permission denied" }]);
  expect(applied.manifest?.entries.has("CLAUDE.md")).toBe(true);
});

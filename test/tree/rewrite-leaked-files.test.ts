import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmdirSync, utimesSync } from "node:fs";
import { type Disk, testOnlyWithFaults } from "../../src/disk/disk.ts";
import { put, type TwoRoots, text, twoRoots } from "./support/two-roots.ts";

let roots: TwoRoots;
beforeEach(() => {
  roots = twoRoots();
});
afterEach(() => roots.remove());

const INSTALLED = "plugins/installed_plugins.json";
const MARKETPLACES = "plugins/known_marketplaces.json";

function leak(name: string): void {
  put(roots.homePath(name), `{"installPath": ${JSON.stringify(roots.treePath("plugins/cache/x"))}}`);
}

function expectRewritten(name: string): void {
  expect(text(roots.homePath(name))).toBe(
    `{"installPath": ${JSON.stringify(roots.homePath("plugins/cache/x"))}}`,
  );
}

test("paths into the tree that leaked into the plugin lists become paths into claude home", () => {
  leak(INSTALLED);
  leak(MARKETPLACES);
  expect(roots.pass().rewritten).toEqual([INSTALLED, MARKETPLACES]);
  expectRewritten(INSTALLED);
  expectRewritten(MARKETPLACES);
});

test("a list that leaks again is rewritten again", () => {
  put(roots.homePath(INSTALLED), "{}");
  roots.pass();
  leak(INSTALLED);
  roots.pass();
  expectRewritten(INSTALLED);
});

test("a list that was seen clean is not read again until it changes", () => {
  put(roots.homePath(INSTALLED), "{}");
  expect(pathsOpenedBy(() => roots.pass())).toContain(roots.homePath(INSTALLED));
  expect(pathsOpenedBy(() => roots.pass())).not.toContain(roots.homePath(INSTALLED));
});

function pathsOpenedBy(body: () => void): string[] {
  const opened: string[] = [];
  const record = (real: Disk): Partial<Disk> => ({
    open(path, flags, mode) {
      opened.push(path);
      return real.open(path, flags, mode);
    },
  });
  testOnlyWithFaults(record, body);
  return opened;
}

test("a list that Claude Code is writing (its lock is held) is left for the next pass", () => {
  leak(MARKETPLACES);
  mkdirSync(roots.homePath(`${MARKETPLACES}.lock`));
  expect(roots.pass().rewritten).toEqual([]);
  rmdirSync(roots.homePath(`${MARKETPLACES}.lock`));
  expect(roots.pass().rewritten).toEqual([MARKETPLACES]);
  expect(existsSync(roots.homePath(`${MARKETPLACES}.lock`))).toBe(false);
});

test("a lock that a killed process left does not stand for ever", () => {
  leak(MARKETPLACES);
  const lock = roots.homePath(`${MARKETPLACES}.lock`);
  mkdirSync(lock);
  const then = new Date(Date.now() - 11_000);
  utimesSync(lock, then, then);
  roots.pass();
  expectRewritten(MARKETPLACES);
  expect(existsSync(lock)).toBe(false);
});

test("a list in which nothing leaks is looked at again while a lock stands beside it, until that is removed", () => {
  put(roots.homePath(INSTALLED), "{}");
  const lock = roots.homePath(`${INSTALLED}.lock`);
  mkdirSync(lock);
  expect(skippedNames()).toContain(INSTALLED);
  const then = new Date(Date.now() - 11_000);
  utimesSync(lock, then, then);
  expect(skippedNames()).not.toContain(INSTALLED);
  expect(existsSync(lock)).toBe(false);
});

/** Of one pass: others too where the system has no links. */
function skippedNames(): readonly string[] {
  return roots.pass().skipped.map(({ name }) => name);
}

test("a list that is damaged stays as it is", () => {
  put(roots.homePath(INSTALLED), `{"installPath": "${roots.treePath("x")}`);
  roots.pass();
  expect(text(roots.homePath(INSTALLED))).toEndWith("runtime/x");
});

import { afterEach, beforeEach, expect, test } from "bun:test";
import * as node from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSameFile, versionSync } from "../../src/fs/version.ts";

let directory = "";
let path = "";
let link = "";
beforeEach(() => {
  directory = node.mkdtempSync(join(tmpdir(), "clauth-version-"));
  [path, link] = [join(directory, "file"), join(directory, "link")];
  node.writeFileSync(path, "x");
  node.symlinkSync("file", link);
  // More than a tick of the kernel's clock, by which a file gets its times.
  Bun.sleepSync(20);
});
afterEach(() => node.rmSync(directory, { recursive: true, force: true }));

const touch = (date: string) => Bun.spawnSync(["touch", "-d", date, path]);
const CHANGES: Readonly<Record<string, () => void>> = {
  "written to": () => node.appendFileSync(path, "x"),
  "written over with as many bytes and its old time": () => {
    const { atime, mtime } = node.statSync(path);
    node.writeFileSync(path, "y");
    node.utimesSync(path, atime, mtime);
  },
  "given a time long ago": () => touch("1960-01-01T00:00:00"),
  "given a time far ahead": () => touch("2160-01-01T00:00:00.5"),
  "given another mode": () => node.chmodSync(path, 0o600),
  replaced: () => {
    node.writeFileSync(`${path}.new`, "x");
    node.renameSync(`${path}.new`, path);
  },
  removed: () => node.unlinkSync(path),
};

test.each(Object.keys(CHANGES))("a file that was %s is another version", (change) => {
  const before = versionSync(path, false);
  expect(before).toMatch(/./);
  expect(versionSync(path, false)).toBe(before);
  expect(versionSync(link, false)).toBe(before);
  const ofLink = versionSync(link, true);
  CHANGES[change]?.();
  expect(versionSync(path, false)).not.toBe(before);
  expect(versionSync(link, true)).toBe(ofLink);
});

test("that it is read makes no other version of it", () => {
  const before = versionSync(path, false);
  node.utimesSync(path, 0, node.statSync(path).mtime);
  const touched = versionSync(path, false);
  node.readFileSync(path);
  expect(versionSync(path, false)).toBe(touched);
  expect(touched).not.toBe(before);
});

test("a version tells which file it is", () => {
  const versionOf = (at: string, isLink = false) => versionSync(at, isLink) ?? expect.unreachable();
  const before = versionOf(path);
  node.appendFileSync(path, "x");
  expect(isSameFile(before, versionOf(path))).toBe(true);
  expect(isSameFile(before, versionOf(link, true))).toBe(false);
  node.writeFileSync(join(directory, "other"), "x");
  expect(isSameFile(before, versionOf(join(directory, "other")))).toBe(false);
});

test("what is not there has none", () => {
  expect(versionSync(join(directory, "none"), false)).toBeUndefined();
  expect(() => versionSync(join(path, "below"), false)).toThrow("ENOTDIR");
});

test("nothing is certain while a clock of whole seconds can't tell two changes apart (trap 21)", () => {
  const now = Math.floor(Date.now() / 1000);
  node.utimesSync(path, now, now);
  expect(versionSync(path, false)).toBe("");
  node.utimesSync(path, now - 10, now - 10);
  expect(versionSync(path, false)).toMatch(/./);
});

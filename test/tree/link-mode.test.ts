import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { type Disk, testOnlyWithFaults } from "../../src/disk/disk.ts";
import { forcedLinkMode, type LinkMode } from "../../src/tree/forced-mode.ts";
import { inspectTree } from "../../src/tree/inspect.ts";
import { chooseLinkMode } from "../../src/tree/link-mode.ts";
import { type Manifest, readManifest } from "../../src/tree/manifest.ts";
import { errorOf, failing, kindOf } from "../support/faults.ts";
import { type TwoRoots, twoRoots } from "./support/two-roots.ts";

let roots: TwoRoots;
beforeEach(() => {
  roots = twoRoots();
  mkdirSync(roots.paths.runtime, { recursive: true });
});
afterEach(() => roots.remove());

function choose(known?: Manifest, options: { forced?: LinkMode; idle?: boolean } = {}) {
  const facts = inspectTree(roots.home, roots.paths);
  return chooseLinkMode(facts, known, { forced: undefined, idle: true, ...options });
}

/** A tree that was opened once, and what it is remembered by. */
function opened(mode: LinkMode): Manifest {
  roots.pass({ mode });
  const manifest = readManifest(roots.paths);
  if (manifest === undefined) throw new Error("no manifest was written");
  return manifest;
}

describe("a tree that was never opened", () => {
  test("gets symlinks where they can be made, and the attempt leaves nothing behind", () => {
    expect(choose()).toEqual({ mode: "symlink", forced: false });
    expect(readdirSync(roots.paths.runtime)).toEqual([]);
  });

  test.each(["EPERM", "ENOTSUP", "ENOSYS"])("gets junctions where a symlink ends in %s", (code) => {
    const choice = testOnlyWithFaults(symlinksFail(code, "junction"), () => choose());
    expect(choice).toEqual({ mode: "junction", forced: false });
  });

  test("gets copies where no kind of link can be made", () => {
    expect(testOnlyWithFaults(symlinksFail("ENOTSUP"), () => choose()).mode).toBe("copy");
  });

  test("is not opened where the disk is full: that says nothing about links", () => {
    const error = testOnlyWithFaults(symlinksFail("ENOSPC"), () => errorOf(() => choose()));
    expect(error?.kind).toBe("store_full");
  });
});

describe("a tree that was opened before", () => {
  test("keeps its mode, and nothing is tried", () => {
    const known = opened("copy");
    expect(testOnlyWithFaults(symlinksFail("EIO"), () => choose(known)).mode).toBe("copy");
  });

  test("is asked about again on another device", () => {
    const known = opened("copy");
    const moved = { ...known, tree: { ...known.tree, dev: known.tree.dev + 1n } };
    expect(choose(moved)).toEqual({ mode: "symlink", forced: false });
  });

  test("is asked about again where its mode was asked for and no longer is", () => {
    const known = { ...opened("copy"), forced: true };
    expect(choose(known)).toEqual({ mode: "symlink", forced: false });
    expect(choose(known, { idle: false }).mode).toBe("copy");
    expect(testOnlyWithFaults(symlinksFail("ENOTSUP"), () => choose(known)).mode).toBe("copy");
  });

  test("gets the mode that is asked for, once nothing lives in it", () => {
    const known = opened("symlink");
    expect(choose(known, { forced: "copy" })).toEqual({ mode: "copy", forced: true });
    expect(choose(known, { forced: "copy", idle: false }).mode).toBe("symlink");
  });
});

test.each([
  [undefined, undefined],
  ["", undefined],
  ["symlink", "symlink"],
  ["junction", "junction"],
  ["copy", "copy"],
] as const)("CLAUTH_LINK_MODE %p asks for %p", (text, mode) => {
  expect(forcedLinkMode({ CLAUTH_LINK_MODE: text })).toBe(mode);
});

test("a CLAUTH_LINK_MODE that is none is refused", () => {
  expect(kindOf(() => forcedLinkMode({ CLAUTH_LINK_MODE: "hardlink" }))).toBe("link_mode_invalid");
});

/** A file system that makes no link but, where given, one of this type. */
function symlinksFail(code: string, but?: "junction") {
  return (real: Disk): Partial<Disk> => ({
    symlink: (text, path, type) =>
      but !== undefined && type === but ? real.symlink(text, path, type) : failing(code)(),
  });
}

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, win32 } from "node:path";
import type { Registry, RegistryText } from "../../src/windows/registry.ts";
import { foundInNewConsole, putFirstOnUserPath, takeFromUserPath } from "../../src/windows/user-path.ts";

const BIN = "C:\\Users\\u\\.clauth\\bin";
const ENV = { USERPROFILE: "C:\\Users\\u", SystemRoot: "C:\\Windows" };

/** A registry in memory, with what was written to it. */
function registryOf(user: RegistryText | undefined, machine?: RegistryText) {
  const written: (RegistryText | undefined)[] = [];
  const registry: Registry = {
    read: (of) => (of === "machine" ? machine : user),
    write: (_, value) => {
      user = value;
      written.push(value);
    },
  };
  return { registry, written };
}

describe("the user's PATH in the registry", () => {
  test.each([true, false])("keeps its type (expands: %p) and the spelling of the rest", (expands) => {
    const { registry, written } = registryOf({ text: "%USERPROFILE%\\go;C:\\a", expands });
    expect(putFirstOnUserPath(BIN, registry, ENV)).toBe(true);
    expect(written).toEqual([{ text: `${BIN};%USERPROFILE%\\go;C:\\a`, expands }]);
    expect(takeFromUserPath(BIN, registry, ENV)).toBe(true);
    expect(registry.read("user", "Path")).toEqual({ text: "%USERPROFILE%\\go;C:\\a", expands });
  });

  test("is made where there is none, and taken away again", () => {
    const { registry, written } = registryOf(undefined);
    putFirstOnUserPath(BIN, registry, ENV);
    takeFromUserPath(BIN, registry, ENV);
    expect(written).toEqual([{ text: BIN, expands: true }, undefined]);
  });

  test("is not written where nothing changes", () => {
    const { registry, written } = registryOf({ text: `${BIN};C:\\a`, expands: true });
    expect(putFirstOnUserPath(BIN, registry, ENV)).toBe(false);
    expect(takeFromUserPath("C:\\other", registry, ENV)).toBe(false);
    expect(takeFromUserPath(BIN, registryOf(undefined).registry, ENV)).toBe(false);
    expect(written).toEqual([]);
  });

  test("of any length that Windows takes is kept whole, and a longer one is refused unchanged", () => {
    const long = "C:\\some directory;".repeat(1500);
    const { registry, written } = registryOf({ text: long, expands: true });
    putFirstOnUserPath(BIN, registry, ENV);
    expect(written).toEqual([{ text: `${BIN};${long}`, expands: true }]);
    const full = registryOf({ text: "x".repeat(32_750), expands: true });
    expect(() => putFirstOnUserPath(BIN, full.registry, ENV)).toThrow("there is no room");
    expect(full.written).toEqual([]);
  });
});

/** Elsewhere `C:\t\a` is a name like any other, of a file in the working directory. */
describe("what a new console takes for claude", () => {
  const onWindows = process.platform === "win32";
  const started = process.cwd();
  let directory: string;
  let root: string;
  beforeEach(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), "clauth-console-")));
    process.chdir(directory);
    root = onWindows ? directory : "C:\\t";
  });
  afterEach(() => {
    process.chdir(started);
    rmSync(directory, { recursive: true });
  });

  function file(name: string): string {
    const path = win32.join(root, name);
    if (onWindows) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "MZ");
    return path;
  }

  function found(machine: string, user: string): string | undefined {
    const { registry } = registryOf({ text: user, expands: true }, { text: machine, expands: true });
    return foundInNewConsole("claude", registry, { ...ENV, Root: root });
  }

  test("is the machine's before the user's, with variables expanded and in any extension that is run", () => {
    const shim = file("bin\\claude.exe");
    const npm = file("nodejs\\claude.cmd");
    expect(found("%SystemRoot%;%ROOT%\\nodejs", "%ROOT%\\bin")).toBe(npm);
    expect(found("%SystemRoot%", "%ROOT%\\bin;%ROOT%\\nodejs")).toBe(shim);
    expect(found("", "")).toBeUndefined();
  });

  test("is the desktop app where its alias comes first, which a start of ours passes over", () => {
    file("bin\\claude.exe");
    const alias = file("Microsoft\\WindowsApps\\claude.exe");
    expect(found("", "%ROOT%\\Microsoft\\WindowsApps;%ROOT%\\bin")).toBe(alias);
  });
});

import { afterEach, beforeEach, expect, test } from "bun:test";
import { win32 } from "node:path";
import { findProgram } from "../../src/commands/find-program.ts";
import { LAUNCHERS } from "./launchers.ts";
import { type WindowsPaths, windowsPaths } from "./support/windows-paths.ts";

let paths: WindowsPaths;
beforeEach(() => {
  paths = windowsPaths();
});
afterEach(() => paths[Symbol.dispose]());

function file(name: string, content?: string): string {
  return paths.file(name, content);
}

function find(word: string) {
  const PATH = [".", "a", "b"].map((name) => (name === "." ? "." : win32.join(paths.root, name))).join(";");
  return findProgram(word, { cwd: win32.join(paths.root, "work"), env: { PATH }, platform: "win32" });
}

test("a word is a program of PATH, with or without its extension", () => {
  const tool = file("b\\tool.exe");
  for (const word of ["tool", "tool.exe"]) expect(find(word)).toEqual({ path: tool, before: [] });
  const second = file("b\\tool.v2.exe");
  expect(find("tool.v2").path).toBe(second);
});

test("a path is taken from the working directory, with either slash", () => {
  const tool = file("work\\bin\\tool.exe");
  for (const word of ["bin\\tool", "./bin/tool.exe", tool]) expect(find(word).path).toBe(tool);
});

test("npm's batch file is what it leads to", () => {
  file("a\\npx.cmd", LAUNCHERS.npm6Script("npx-cli.js"));
  const script = file("a\\npx-cli.js");
  const node = file("b\\node.exe");
  expect(find("npx")).toEqual({ path: node, before: [script] });
});

test("nothing of the working directory runs unless it is named", () => {
  file("work\\evil.exe");
  expect(() => find("evil")).toThrow("there is no such program on PATH");
});

test("somebody's own batch file, and a script for one shell, are refused with the way to run them", () => {
  const own = file("a\\code.cmd", '@set X=1\r\n@"%~dp0code.exe" %*\r\n');
  const script = file("a\\tool.ps1", "1");
  for (const [word, path] of [
    ["code", own],
    ["tool.ps1", script],
  ] as const) {
    expect(() => find(word)).toThrow(
      expect.objectContaining({ kind: "command_not_runnable", exitCode: 126, path }),
    );
  }
});

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { linkSync, mkdirSync } from "node:fs";
import { win32 } from "node:path";
import { usualPlaces } from "../../src/claude-places.ts";
import { ClauthError } from "../../src/errors.ts";
import { findRealClaude } from "../../src/real-claude.ts";
import { SHIM_MARKER } from "../../src/shim-marker.ts";
import { LAUNCHERS } from "./launchers.ts";
import { type WindowsPaths, windowsPaths } from "./support/windows-paths.ts";

const onWindows = process.platform === "win32";
let paths: WindowsPaths;
let executable: string;

beforeEach(() => {
  paths = windowsPaths();
  executable = file("store\\bin\\clauth.exe", "the shim");
  linkSync(executable, win32.join(paths.root, "store\\bin\\claude.exe"));
});

afterEach(() => paths[Symbol.dispose]());

function file(name: string, content = `real ${name}`): string {
  return paths.file(name, content);
}

function at(...names: string[]): string {
  return names.map((name) => win32.join(paths.root, name)).join(";");
}

type Given = Parameters<typeof findRealClaude>[1];

function find(env: Record<string, string>, given: Given = {}, cwd = at("cwd")) {
  const context = { env, cwd, home: at("home"), platform: "win32" as const, executable };
  return findRealClaude(context, { places: [at("home\\.local\\bin")], ...given });
}

function failure(env: Record<string, string>, given: Given = {}): ClauthError {
  try {
    const { path } = find(env, given);
    throw new Error(`found ${path}`);
  } catch (error) {
    if (error instanceof ClauthError) return error;
    throw error;
  }
}

const CLI = "node_modules\\@anthropic-ai\\claude-code\\cli.js";
const EXE = "node_modules\\@anthropic-ai\\claude-code\\bin\\claude.exe";

describe("on a Windows PATH", () => {
  test("the first claude is taken that is not the shim, a copy of it, or leads to it", () => {
    file("copy\\claude.exe", `MZ${"\0".repeat(9000)}\n${SHIM_MARKER}\n`);
    file("leads\\claude.cmd", LAUNCHERS.yarn("..\\store\\bin\\clauth.exe"));
    const real = file("a\\claude.exe");
    file("b\\claude.exe");
    const PATH = at("store\\bin", "copy", "leads", "none", "a", "b");
    expect(find({ PATH })).toMatchObject({ path: real, before: [] });
  });

  test("an .exe comes before a batch file in one directory, and the directories come in their order (trap 35)", () => {
    const real = file("a\\claude.exe");
    file("a\\claude.cmd", LAUNCHERS.npmProgram(EXE));
    file("a\\claude", "#!/bin/sh\n");
    file("a\\claude.ps1", "#!/usr/bin/env pwsh\n");
    const behind = file(`b\\${EXE}`);
    file("b\\claude.cmd", LAUNCHERS.npmProgram(EXE));
    expect(find({ PATH: at("a", "b") }).path).toBe(real);
    expect(find({ PATH: at("b", "a") }).path).toBe(behind);
  });

  test("a script for one shell alone is no claude", () => {
    file("a\\claude", "#!/bin/sh\n");
    file("a\\claude.ps1", "#!/usr/bin/env pwsh\n");
    expect(failure({ PATH: at("a") })).toMatchObject({ kind: "claude_not_found", exitCode: 127 });
  });

  test("npm's batch file is node, and the script before the user's arguments", () => {
    file("npm\\claude.cmd", LAUNCHERS.npmScript(CLI));
    const script = file(`npm\\${CLI}`);
    const node = file("nodejs\\node.exe");
    const PATH = at("npm", "nodejs");
    expect(find({ PATH }, { args: ["-p", '"50%" & more'] })).toMatchObject({
      path: node,
      before: [script],
      args: ["-p", '"50%" & more'],
    });
    const beside = file("npm\\node.exe");
    expect(find({ PATH })).toMatchObject({ path: beside, before: [script] });
  });

  test("a batch file that starts another one is followed to its end", () => {
    file("bin\\claude.cmd", LAUNCHERS.yarn("..\\data\\claude.cmd"));
    file("data\\claude.cmd", '@"%~dp0\\claude.exe" --flag %*');
    const real = file("data\\claude.exe");
    expect(find({ PATH: at("bin") })).toMatchObject({ path: real, before: ["--flag"] });
  });

  test("a batch file that a removed package left is passed over, as a link to nothing is", () => {
    const left = file("npm\\claude.cmd", LAUNCHERS.npmScript(CLI));
    file("nodejs\\node.exe");
    const real = file("a\\claude.exe");
    expect(find({ PATH: at("npm", "nodejs", "a") }).path).toBe(real);
    expect(failure({ PATH: at("npm", "nodejs") })).toMatchObject({
      kind: "claude_not_runnable",
      exitCode: 126,
      path: left,
    });
  });

  test("batch files that start each other come to an end", () => {
    file("a\\claude.cmd", LAUNCHERS.yarn("..\\b\\claude.cmd"));
    file("b\\claude.cmd", LAUNCHERS.yarn("..\\a\\claude.cmd"));
    expect(failure({ PATH: at("a") })).toMatchObject({ kind: "claude_not_runnable", exitCode: 126 });
  });

  test("somebody's own batch file is refused by name instead of run without what it sets", () => {
    const own = file("a\\claude.cmd", '@set CLAUDE_CONFIG_DIR=D:\\other\r\n@"D:\\claude.exe" %*\r\n');
    file("b\\claude.exe");
    const error = failure({ PATH: at("a", "b") });
    expect(error).toMatchObject({ kind: "claude_not_runnable", exitCode: 126, path: own });
    expect(error.hint).toContain("CLAUTH_CLAUDE");
  });
});

describe("where the user names it on Windows", () => {
  test("a batch file is followed too, and a home directory in clauth.toml is the user's", () => {
    file("npm\\claude.cmd", LAUNCHERS.npmProgram(EXE));
    const real = file(`npm\\${EXE}`);
    const why = "CLAUTH_CLAUDE";
    expect(find({ CLAUTH_CLAUDE: at("npm\\claude.cmd") })).toMatchObject({ path: real, why });
    if (!onWindows) return;
    const config = file("home\\claude.exe");
    for (const claude of ["~\\claude.exe", "~/claude.exe"])
      expect(find({}, { config: { claude } }).path).toBe(config);
  });

  test.each([
    ["nothing", "none.exe", "claude_not_found", 127],
    ["a script for one shell", "npm\\claude.ps1", "claude_not_runnable", 126],
    ["the shim", "store\\bin\\claude.exe", "claude_not_runnable", 126],
    ["a batch file that leads to nothing", "npm\\claude.cmd", "claude_not_runnable", 126],
  ])("%s stops the start", (_, name, kind, exitCode) => {
    file("npm\\claude.ps1");
    file("npm\\claude.cmd", LAUNCHERS.npmProgram(EXE));
    file("a\\claude.exe");
    const env = { PATH: at("a"), CLAUTH_CLAUDE: at(name) };
    expect(failure(env)).toMatchObject({ kind, exitCode });
  });

  test.each(["\\t\\a\\claude.exe", "C:claude.exe", "claude.exe"])(
    "%s is refused, as it depends on the working directory",
    (path) => {
      expect(failure({ CLAUTH_CLAUDE: path })).toMatchObject({ kind: "claude_not_runnable", exitCode: 126 });
    },
  );
});

/** Where a project ends is asked of the directories themselves, so only Windows knows. */
describe.skipIf(!onWindows)("as the process wrapper of an editor on Windows", () => {
  test.each(["ext\\resources\\native-binary\\claude.exe", "Ext\\CLAUDE.EXE", "claude\\versions\\2.1.329"])(
    "%s, named by the first argument, is used",
    (name) => {
      const path = file(name);
      file("a\\claude.exe");
      expect(find({ PATH: at("a") }, { args: [path, "-p"] })).toMatchObject({
        path,
        wasNamed: true,
        args: ["-p"],
      });
      const slashes = path.replaceAll("\\", "/");
      expect(find({ PATH: at("a") }, { args: [slashes] })).toMatchObject({ path: slashes, wasNamed: true });
    },
  );

  test("the shim is dropped, and a file of the project that is worked in is never run", () => {
    const real = file("a\\claude.exe");
    const own = file("home\\repo\\claude.exe");
    mkdirSync(at("home\\repo\\.git"));
    mkdirSync(at("home\\repo\\sub"));
    const env = { PATH: at("a") };
    expect(find(env, { args: [at("store\\bin\\claude.exe"), "-p"] })).toMatchObject({
      path: real,
      args: ["-p"],
    });
    for (const cwd of [at("home\\repo"), at("home\\repo\\sub"), at("home\\repo\\sub").toUpperCase()])
      expect(find(env, { args: [own] }, cwd)).toMatchObject({ path: real, args: [own], wasNamed: false });
  });
});

test("the usual places of Windows are the native installer's, npm's, winget's and those of the other managers", () => {
  const env = {
    APPDATA: "C:\\Users\\u\\AppData\\Roaming",
    LOCALAPPDATA: "C:\\Users\\u\\AppData\\Local",
    npm_config_prefix: "relative",
  };
  expect(usualPlaces({ env, home: "C:\\Users\\u", platform: "win32" })).toMatchInlineSnapshot(`
    [
      "C:\\Users\\u\\.local\\bin",
      "C:\\Users\\u\\.claude\\local",
      "C:\\Users\\u\\.claude\\local\\node_modules\\.bin",
      "C:\\Users\\u\\AppData\\Roaming\\npm",
      "C:\\Users\\u\\AppData\\Local\\Microsoft\\WinGet\\Links",
      "C:\\Users\\u\\AppData\\Local\\pnpm",
      "C:\\Users\\u\\AppData\\Local\\Volta\\bin",
      "C:\\Users\\u\\scoop\\shims",
      "C:\\Users\\u\\.bun\\bin",
    ]
  `);
});

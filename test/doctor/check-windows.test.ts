import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { judgePowershell, PROBE } from "../../src/doctor/check-powershell.ts";
import { checkNewConsole, checkWsl, judgeGitBash } from "../../src/doctor/check-windows.ts";
import { SHIM_MARKER } from "../../src/shim-marker.ts";
import { powershellFaults } from "../support/powershell.ts";
import { type WindowsPaths, windowsPaths } from "../windows/support/windows-paths.ts";

let paths: WindowsPaths;
let executable: string;
beforeEach(() => {
  paths = windowsPaths();
  executable = file("store\\bin\\claude.exe", `MZ${"\0".repeat(9000)}\n${SHIM_MARKER}\n`);
});
afterEach(() => paths[Symbol.dispose]());

function file(name: string, content?: string): string {
  return paths.file(name, content);
}

const bin = "C:\\Users\\u\\.clauth\\bin";

describe("a new console", () => {
  function check(machine: string, user: string) {
    const read = (of: "machine" | "user") => ({ text: of === "machine" ? machine : user, expands: true });
    return checkNewConsole({ executable, env: { Root: paths.root } }, { bin }, { read, write: () => {} });
  }

  test("that takes the shim is in order", () => {
    expect(check("%Root%", "%Root%\\store\\bin")).toMatchObject([{ level: "ok", path: executable }]);
  });

  test("that takes another claude is a problem, and what is on the machine's PATH comes first", () => {
    const npm = file("nodejs\\claude.cmd");
    const [found] = check("%Root%\\nodejs", "%Root%\\store\\bin");
    expect(found).toMatchObject({ level: "problem", path: npm });
    expect(found?.hint).toContain("the machine's PATH comes before yours");
  });

  test("that takes the desktop app is a problem with a cure of its own", () => {
    file("Microsoft\\WindowsApps\\claude.exe");
    const [found] = check("", "%Root%\\Microsoft\\WindowsApps;%Root%\\store\\bin");
    expect(found?.hint).toContain("App execution aliases");
  });

  test("that finds none is a problem", () => {
    expect(check("", "%Root%")).toMatchObject([
      { level: "problem", message: "a new console finds no claude: it picks no profile" },
    ]);
  });
});

describe("PowerShell", () => {
  const judge = (said: string | undefined) =>
    judgePowershell({ executable }, { bin }, { name: "PowerShell 7", said });

  test("that takes the shim is in order, whatever its profile says before", () => {
    expect(judge(`Welcome!\r\nclauth-probe Application ${executable}\r\n`)).toMatchObject([
      { level: "ok", path: executable },
    ]);
  });

  test.each([
    ["clauth-probe Alias \r\n", "warning", "an alias"],
    ["clauth-probe Function \r\n", "warning", "a function"],
    ["clauth-probe ExternalScript C:\\npm\\claude.ps1\r\n", "problem", "C:\\npm\\claude.ps1, not the shim"],
    ["clauth-probe Application C:\\npm\\claude.cmd\r\n", "problem", "C:\\npm\\claude.cmd, not the shim"],
    ["clauth-probe none\r\n", "problem", "not found"],
    ["", "warning", "gave no answer"],
    [undefined, "warning", "gave no answer"],
  ])("that says %p is no more than a %s", (said, level, words) => {
    const [found] = judge(said);
    expect(found).toMatchObject({ level, message: expect.stringContaining(words) });
  });

  test("is asked in words that Windows PowerShell 5.1 has", async () => {
    expect(await powershellFaults(PROBE)).toEqual([]);
  });
});

describe("Git Bash", () => {
  test("that takes the shim is in order, by its name with or without .exe", () => {
    for (const said of [executable, executable.replace(".exe", "")])
      expect(judgeGitBash({ executable }, { bin }, said)).toMatchObject([{ level: "ok", path: executable }]);
  });

  test("that takes npm's script for shells, or none, is a problem", () => {
    const npm = file("npm\\claude", "#!/bin/sh\n");
    for (const said of [npm, "", undefined])
      expect(judgeGitBash({ executable }, { bin }, said)).toMatchObject([{ level: "problem" }]);
  });
});

describe("WSL", () => {
  test("with all of its own is in order, and is told from Windows", () => {
    const [found] = checkWsl({ root: "/home/u/.clauth" }, "/home/u/.local/bin/claude");
    expect(found).toMatchObject({ level: "ok" });
    expect(found?.message).toContain("/home/u/.clauth");
  });

  test("with a claude or a store of Windows is a problem", () => {
    expect(
      checkWsl({ root: "/mnt/c/Users/u/.clauth" }, "/mnt/c/Users/u/AppData/Roaming/npm/claude"),
    ).toMatchObject([
      { level: "problem", hint: "unset CLAUTH_HOME: each system has a store of its own" },
      { level: "problem", hint: "in WSL: npm install -g @anthropic-ai/claude-code" },
    ]);
    expect(checkWsl({ root: "/mnt/data/.clauth" }, undefined)).toMatchObject([{ level: "ok" }]);
  });
});

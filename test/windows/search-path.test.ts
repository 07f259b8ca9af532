import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  isFullWindowsPath,
  windowsPathEntries,
  windowsProgramNames,
  windowsSearchPath,
} from "../../src/windows/search-path.ts";

describe("a Windows PATH", () => {
  test("is split at semicolons, but for those between quotes", () => {
    expect(windowsSearchPath('C:\\a;"C:\\b;c";D:/d; C:\\e ;;\\\\host\\share\\bin')).toEqual([
      "C:\\a",
      "C:\\b;c",
      "D:/d",
      "C:\\e",
      "\\\\host\\share\\bin",
    ]);
  });

  test("gives no directory that depends on the working directory or its drive (DESIGN section 2, invariant 7)", () => {
    expect(windowsSearchPath(".;bin;C:bin;\\bin;..\\bin;%NONE%\\bin;C:;\\\\;;")).toEqual([]);
  });

  test("gives no directory of store apps' aliases: the Claude.exe there is the desktop app", () => {
    const path =
      "C:\\Users\\u\\AppData\\Local\\Microsoft\\WindowsApps;C:\\Users\\u\\AppData\\Local\\microsoft\\windowsapps\\";
    expect(windowsSearchPath(path)).toEqual([]);
  });

  test("is what its entries are, whatever they are", () => {
    const text = fc.string({ unit: fc.constantFrom("a", ";", '"', "\\", "%", " ") });
    fc.assert(fc.property(text, (path) => expect(windowsPathEntries(path).join(";")).toBe(path)));
  });
});

test.each(["C:\\a", "c:/a", "\\\\host\\share", "//host/share"])("%s is a full path", (path) =>
  expect(isFullWindowsPath(path)).toBe(true),
);

describe("the files that a word may mean", () => {
  test("are programs before batch files, each in the order of PATHEXT, and nothing for one shell alone", () => {
    const names = windowsProgramNames("claude", ".PS1;.CMD;.COM;.JS;.EXE;.BAT");
    expect(names).toEqual(["claude.com", "claude.exe", "claude.cmd", "claude.bat"]);
  });

  test.each([undefined, ""])("are Windows' own ones where PATHEXT is %p", (pathext) =>
    expect(windowsProgramNames("claude", pathext)).toEqual([
      "claude.com",
      "claude.exe",
      "claude.bat",
      "claude.cmd",
    ]),
  );

  test("have the .exe, which needs no PATHEXT to be started", () => {
    expect(windowsProgramNames("claude", ".PY")).toEqual(["claude.exe"]);
  });
});

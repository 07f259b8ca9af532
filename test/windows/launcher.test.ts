import { describe, expect, test } from "bun:test";
import { readLauncher } from "../../src/windows/launcher.ts";
import { LAUNCHERS } from "./launchers.ts";

const FILE = "C:\\Users\\a b\\npm\\claude.cmd";
const CLI = "node_modules\\@anthropic-ai\\claude-code\\cli.js";
const EXE = "node_modules\\@anthropic-ai\\claude-code\\bin\\claude.exe";

test.each(["npmScript", "npm6Script", "pnpmScript"] as const)(
  "%s is the node beside it, else the one on PATH, with the script",
  (shape) => {
    const script = `C:\\Users\\a b\\npm\\${CLI}`;
    expect(readLauncher(LAUNCHERS[shape](CLI), FILE)).toEqual([
      { program: "C:\\Users\\a b\\npm\\node.exe", args: [script] },
      { program: "node", args: [script] },
    ]);
  },
);

test.each(["npmProgram", "npmProgramQuietEnd", "pnpmProgram", "yarn", "scoop"] as const)(
  "%s is the program",
  (shape) => {
    expect(readLauncher(LAUNCHERS[shape](EXE), FILE)).toEqual([
      { program: `C:\\Users\\a b\\npm\\${EXE}`, args: [] },
    ]);
  },
);

test.each([
  ["volta's", "@echo off\r\nvolta run %~n0 %*\r\n", "volta", ["run", "claude"]],
  ["mise's", "@echo off\r\nsetlocal\r\nmise x -- claude %*\r\n", "mise", ["x", "--", "claude"]],
  ["a name beside it", '@"%~dpn0-1.exe" --flag %*', "C:\\Users\\a b\\npm\\claude-1.exe", ["--flag"]],
  ["a directory above", '"%~dp0..\\lib\\claude.exe" %*', "C:\\Users\\a b\\lib\\claude.exe", []],
  ["a full path", '@call "D:\\apps\\claude.cmd" %*', "D:\\apps\\claude.cmd", []],
  ["unix line ends and a BOM", '\uFEFF@echo off\n"D:\\claude.exe" %*', "D:\\claude.exe", []],
])("%s is followed", (_, text, program, args) => {
  expect(readLauncher(text, FILE)).toEqual([{ program, args }]);
});

test("arguments of a script's first line stand before it", () => {
  const text = LAUNCHERS.npmScript(CLI).replace('"%_prog%" ', '"%_prog%" --no-warnings ');
  expect(readLauncher(text, FILE)?.map(({ args }) => args[0])).toEqual(["--no-warnings", "--no-warnings"]);
});

describe("not understood is", () => {
  test.each([
    ["a variable set", '@set CLAUDE_CONFIG_DIR=D:\\other\r\n@"D:\\claude.exe" %*'],
    ["a variable of a script's first line", LAUNCHERS.npmScript(CLI).replace("\r\n\r\n", "\r\n@SET A=B\r\n")],
    ["a second program", '@"D:\\first.exe" %*\r\n@"D:\\claude.exe" %*'],
    ["a second one on the line", '@"D:\\claude.exe" %* & del x'],
    ["a pipe", '@"D:\\claude.exe" %* | more'],
    ["a redirection", '@"D:\\claude.exe" %* > log'],
    ["a choice", '@if "%1"=="x" (\r\n@"D:\\a.exe" %*\r\n) else (\r\n@"D:\\b.exe" %*\r\n)'],
    [
      "two scripts to choose from",
      LAUNCHERS.npm6Script(CLI).replace(/cli\.js" %\*(?=\r\n\))/, 'other.js" %*'),
    ],
    ["another variable in a path", '@"%APPDATA%\\npm\\claude.exe" %*'],
    ["arguments that are not passed on", '@"D:\\claude.exe"'],
    ["a part of the arguments", '@"D:\\claude.exe" %1 %2'],
    ["arguments after the user's", '@"D:\\claude.exe" %* --verbose'],
    ["a path from the working directory", "@.\\claude.exe %*"],
    ["words that stick together", '@"D:\\a"b.exe %*'],
    ["an open quote", '@"D:\\claude.exe %*'],
    ["nothing", ""],
  ])("%s", (_, text) => expect(readLauncher(text, FILE)).toBeUndefined());
});

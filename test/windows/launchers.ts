/** What package managers write as `claude.cmd`, in the shape of each, for a target below the file's own directory. */
export const LAUNCHERS = {
  npmScript: (target: string) =>
    batch([
      ...FIND_DIRECTORY,
      "",
      'IF EXIST "%dp0%\\node.exe" (',
      '  SET "_prog=%dp0%\\node.exe"',
      ") ELSE (",
      '  SET "_prog=node"',
      "  SET PATHEXT=%PATHEXT:;.JS;=;%",
      ")",
      "",
      `endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\${target}" %*`,
    ]),
  npmProgram: (target: string) => batch([...FIND_DIRECTORY, `"%dp0%\\${target}"   %*`]),
  npmProgramQuietEnd: (target: string) =>
    batch([
      ...FIND_DIRECTORY,
      "",
      `endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%dp0%\\${target}"   %*`,
    ]),
  npm6Script: (target: string) =>
    batch([
      '@IF EXIST "%~dp0\\node.exe" (',
      `  "%~dp0\\node.exe"  "%~dp0\\${target}" %*`,
      ") ELSE (",
      "  @SETLOCAL",
      "  @SET PATHEXT=%PATHEXT:;.JS;=;%",
      `  node  "%~dp0\\${target}" %*`,
      ")",
    ]),
  pnpmScript: (target: string) =>
    batch([
      "@SETLOCAL",
      "@IF NOT DEFINED NODE_PATH (",
      '  @SET "NODE_PATH=C:\\Users\\a b\\pnpm\\node_modules"',
      ") ELSE (",
      '  @SET "NODE_PATH=C:\\Users\\a b\\pnpm\\node_modules;%NODE_PATH%"',
      ")",
      '@IF EXIST "%~dp0\\node.exe" (',
      `  "%~dp0\\node.exe"  "%~dp0\\${target}" %*`,
      ") ELSE (",
      "  @SET PATHEXT=%PATHEXT:;.JS;=;%",
      `  node  "%~dp0\\${target}" %*`,
      ")",
    ]),
  pnpmProgram: (target: string) => batch(["@SETLOCAL", `@"%~dp0\\${target}"   %*`]),
  yarn: (target: string) => batch([`@"%~dp0\\${target}"   %*`]),
  scoop: (target: string) => batch([`@rem ${target}`, `@"%~dp0${target}" %*`, "@exit /b %errorlevel%"]),
} as const;

const FIND_DIRECTORY = [
  "@ECHO off",
  "GOTO start",
  ":find_dp0",
  "SET dp0=%~dp0",
  "EXIT /b",
  ":start",
  "SETLOCAL",
  "CALL :find_dp0",
];

function batch(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}

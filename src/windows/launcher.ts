import { nodePath } from "../path.ts";
import { isFullWindowsPath } from "./search-path.ts";

/** A program and the arguments that stand before the user's. */
export type LauncherCall = {
  /** A full path, or a bare name to be looked up on PATH. */
  readonly program: string;
  readonly args: readonly string[];
};

/**
 * What a batch file of a package manager starts, without running it: cmd would read the user's arguments once more, and a prompt
 * with `"`, `%` or `&` in it would be another one. Read are the shapes of npm's cmd-shim (also of version 6), pnpm, yarn, volta,
 * scoop and mise; any other line may set a variable or choose, so a file with one is not understood.
 * @returns the calls to try, best first (a `node.exe` beside the file, else the one on PATH); undefined where it is not understood
 */
export function readLauncher(text: string, path: string): readonly LauncherCall[] | undefined {
  const statements = statementsOf(text);
  for (const shape of shapes()) {
    const found = shape.exec(statements)?.groups;
    if (found === undefined) continue;
    const { beside, name, rest, otherRest = rest, only } = found;
    if (rest !== otherRest) return undefined;
    const lines = only === undefined ? [`"${beside}" ${rest}`, `${name} ${rest}`] : [only];
    const calls = lines.map((line) => callOf(line, path));
    return calls.every((call) => call !== undefined) ? calls : undefined;
  }
  return undefined;
}

/** One statement a line, without those that change nothing of what is started. */
function statementsOf(text: string): string {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^@\s*/, ""))
    .filter((line) => line !== "" && !/^(rem\b|::|echo off$|set pathext=%pathext:;\.js;=;%$)/i.test(line));
  return lines
    .join("\n")
    .replace(FIND_DIRECTORY, "")
    .replace(/^setlocal\n/i, "")
    .replace(NODE_PATH, "");
}

/** npm's way to learn its own directory, as `%dp0%`. */
const FIND_DIRECTORY = /^goto start\n:find_dp0\nset dp0=%~dp0\nexit \/b\n:start\nsetlocal\ncall :find_dp0\n/i;

/** pnpm's place for packages that a script forgot to name. Claude Code is bundled and needs none. */
const NODE_PATH =
  /^if not defined node_path \(\nset "?node_path=[^\n]*\n\) else \(\nset "?node_path=[^\n]*\n\)\n/i;

/** Made when they are needed: every start of claude loads this file, on other systems for nothing. */
function shapes(): readonly RegExp[] {
  // Keeps cmd from asking "Terminate batch job (Y/N)?" after a Ctrl-C.
  const quietEnd = String.raw`(?:endlocal & goto #_undefined_# 2>nul \|\| title %comspec% & )?`;
  const ifBeside = String.raw`if exist "(?<beside>[^"\n]*\\(?<name>\w+)\.exe)" \(\n`;
  return [
    String.raw`${ifBeside}set "_prog=\k<beside>"\n\) else \(\nset "_prog=\k<name>"\n\)\n${quietEnd}"%_prog%" +(?<rest>[^\n]*)`,
    String.raw`${ifBeside}"\k<beside>" +(?<rest>[^\n]*)\n\) else \(\n(?:setlocal\n)?\k<name> +(?<otherRest>[^\n]*)\n\)`,
    String.raw`${quietEnd}(?:call )?(?<only>[^\n]*)(?:\nexit /b(?: %errorlevel%)?)?`,
  ].map((shape) => new RegExp(`^${shape}$`, "i"));
}

/** A line `program arguments %*`, of which every word is understood. */
function callOf(line: string, path: string): LauncherCall | undefined {
  if (!/^(?:\s*(?:"[^"]*"|[^\s"&|<>^()]+)(?=\s|$))+\s*$/.test(line)) return undefined;
  const words = (line.match(/"[^"]*"|[^\s"]+/g) ?? []).map((word) => word.replaceAll('"', ""));
  if (words.pop() !== "%*") return undefined;
  const [program = "", ...args] = words.map((word) => expanded(word, path));
  if ([program, ...args].some((word) => word.includes("%"))) return undefined;
  return isFullWindowsPath(program) || /^[\w.-]+$/.test(program) ? { program, args } : undefined;
}

/** `%~dp0` is the directory of the batch file with a backslash, `%~n0` its name without extension. */
function expanded(word: string, path: string): string {
  const { win32 } = nodePath();
  const { dir, name } = win32.parse(path);
  const [, variable, rest = ""] = /^(%~dp0|%dp0%|%~dpn0)(.*)$/i.exec(word) ?? [];
  if (variable === undefined) return word.replaceAll(/%~n0/gi, name);
  const start = variable.toLowerCase() === "%~dpn0" ? win32.join(dir, name) : `${dir}\\`;
  return win32.normalize(`${start}${rest}`);
}

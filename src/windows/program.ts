import type { Environment } from "../context.ts";
import { attempt } from "../disk/attempt.ts";
import { isFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { nodeFs } from "../fs.ts";
import { nodePath } from "../path.ts";
import { readLauncher } from "./launcher.ts";
import { isFullWindowsPath, isLauncher, windowsProgramNames, windowsSearchPath } from "./search-path.ts";

/** What Windows can start: an `.exe`, and the arguments that stand before the user's. */
export type Program = { readonly path: string; readonly before: readonly string[] };

/**
 * What is started for the path of a program: itself, or what a batch file leads to, through others if need be.
 * @returns undefined where a batch file leads to nothing, as what is left of a package that was removed
 * @throws ClauthError `claude_not_runnable` for a batch file that is not understood, or a file of another kind
 */
export function windowsProgram(path: string, env: Environment): Program | undefined {
  return follow(path, env, MOST_LAUNCHERS);
}

const MOST_LAUNCHERS = 5;

function follow(path: string, env: Environment, patience: number): Program | undefined {
  if (/\.(exe|com)$/i.test(path)) return { path, before: [] };
  const calls = isLauncher(path) && patience > 0 ? readLauncher(textOf(path), path) : undefined;
  if (calls === undefined) throw notUnderstood(path);
  for (const { program, args } of calls) {
    const file = fileOf(program, env);
    if (file === undefined || !args.filter(isFullWindowsPath).every(isFile)) continue;
    const found = follow(file, env, patience - 1);
    if (found !== undefined) return { path: found.path, before: [...found.before, ...args] };
  }
  return undefined;
}

function textOf(path: string): string {
  return attempt("read", path, () => nodeFs().readFileSync(path, "utf8"));
}

/** cmd looks for a bare name in the working directory first, where nothing may be run from. */
function fileOf(program: string, env: Environment): string | undefined {
  const directories = isFullWindowsPath(program)
    ? [nodePath().win32.dirname(program)]
    : windowsSearchPath(env["PATH"] ?? "");
  const name = nodePath().win32.basename(program);
  const names = /\.(exe|com|cmd|bat)$/i.test(name) ? [name] : windowsProgramNames(name, env["PATHEXT"]);
  const files = directories.flatMap((directory) =>
    names.map((file) => nodePath().win32.join(directory, file)),
  );
  return files.find(isFile);
}

function notUnderstood(path: string): ClauthError {
  const what = isLauncher(path)
    ? "is a batch file that does more than to start one program"
    : "is not a program that Windows starts";
  return new ClauthError({
    kind: "claude_not_runnable",
    message: `${path} ${what}, so it can't be taken for the real claude`,
    hint: "set CLAUTH_CLAUDE to the claude.exe of Claude Code, or write it into clauth.toml: claude = '...'",
    exitCode: 126,
    path,
  });
}

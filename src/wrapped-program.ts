import type { Context } from "./context.ts";
import { isInside, realPath } from "./disk/real-path.ts";
import { runnable } from "./disk/runnable.ts";
import { existsSync } from "./fs.ts";
import { isShim } from "./own-executable.ts";
import { basename, dirname, isAbsolute, join } from "./path.ts";

/**
 * The program that an editor put before the arguments (VS Code's `claudeProcessWrapper`, Claude Code's own
 * `CLAUDE_CODE_PROCESS_WRAPPER`): an absolute path to an executable file that is Claude Code by its name. A prompt is
 * not: `/help` and `/tmp/notes` name no such file, and a file of the project that is worked in is never run, whatever its
 * name. Where it names the shim it is dropped all the same.
 */
export function wrappedProgram(
  args: readonly string[],
  context: Pick<Context, "cwd" | "executable" | "home" | "platform">,
): { path: string; isShim: boolean } | undefined {
  const [path, script] = args;
  if (path === undefined || !isAbsolute(path) || !isClaudeByName(path, script)) return undefined;
  if (runnable(path, context.platform) !== "yes") return undefined;
  const programs = isPackageScript(script ?? "") ? [path, script ?? ""] : [path];
  if (programs.some((program) => isOfProject(program, context))) return undefined;
  return { path, isShim: isShim(path, context) };
}

/**
 * True for what lies, by its spelling or at the end of its links, in the working directory or the repository around it. The
 * home directory and those above it are no project: below them lies what the user installed.
 */
function isOfProject(path: string, { cwd, home }: Pick<Context, "cwd" | "home">): boolean {
  const project = projectAround(cwd, realPath(home));
  if (isInside(realPath(home), project)) return false;
  const spelled = join(realPath(dirname(path)), basename(path));
  return [spelled, realPath(path)].some((place) => isInside(place, project));
}

/** The outermost repository that holds the working directory and not the home directory; else the working directory. */
function projectAround(cwd: string, home: string): string {
  let project = cwd;
  for (let directory = cwd; !isInside(home, directory); directory = dirname(directory)) {
    if (existsSync(join(directory, ".git"))) project = directory;
    if (dirname(directory) === directory) break;
  }
  return project;
}

/**
 * `claude` and `claude.exe` (VS Code's bundled one, npm's); `cli.js` of the npm package, alone or after the `node`
 * or `bun` that runs it; a version number in the directory where the native installer keeps them, since Claude Code
 * gives its own real path.
 */
function isClaudeByName(path: string, next: string | undefined): boolean {
  const name = basename(path);
  if (/^claude(\.exe)?$/i.test(name)) return true;
  if (/^(node|bun)(\.exe)?$/i.test(name))
    return next !== undefined && isAbsolute(next) && isPackageScript(next);
  return isPackageScript(path) || /[\\/]claude[\\/]versions[\\/]\d[^\\/]*$/.test(path);
}

function isPackageScript(path: string): boolean {
  return /[\\/]claude-code[\\/](?:[^\\/]+[\\/])*cli\.m?js$/.test(path);
}

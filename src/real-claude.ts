import type { Config } from "./config/config.ts";
import type { Context } from "./context.ts";
import { isInside, realPath } from "./disk/real-path.ts";
import { ClauthError } from "./errors.ts";
import { accessSync, constants, existsSync, statSync } from "./fs.ts";
import { isShim } from "./own-executable.ts";
import { basename, dirname, isAbsolute, join, nodePath } from "./path.ts";
import { shellWord } from "./shell-line.ts";
import { type Program, windowsProgram } from "./windows/program.ts";
import {
  isFullWindowsPath,
  isOnWindowsDrive,
  windowsProgramNames,
  windowsSearchPath,
} from "./windows/search-path.ts";

export type RealClaude = {
  /** Absolute, never the shim; on Windows never a batch file. */
  readonly path: string;
  /** Where a batch file of npm's kind leads to `node`: the script, which stands before `args`. */
  readonly before: readonly string[];
  /** Where it was found, for `clauth which` and the trace. */
  readonly why: string;
  /** True where the caller gave its path with this very call, so that nothing was searched. */
  readonly wasNamed: boolean;
  /** The arguments for it: those given, less what an editor put in front. */
  readonly args: readonly string[];
};

/**
 * Finds the real Claude Code: named by an editor that calls us as its process wrapper, then `CLAUTH_CLAUDE`, then
 * `claude` in clauth.toml, then PATH, then the places where installers put it.
 * @param given.args what the user typed; pass none where they can't be a wrapper's call (`clauth run`).
 * @param given.places where to look after PATH; the usual places where not given.
 * @throws ClauthError `claude_not_found` (127), `claude_not_runnable` (126).
 */
export function findRealClaude(
  context: Pick<Context, "env" | "cwd" | "home" | "platform" | "executable">,
  given: {
    readonly config?: Pick<Config, "claude"> | undefined;
    readonly args?: readonly string[];
    readonly places?: readonly string[];
  },
): RealClaude {
  const { args = [] } = given;
  const wrapped = wrappedProgram(args, context);
  const rest = wrapped === undefined ? args : args.slice(1);
  if (wrapped?.isShim === false)
    return {
      path: wrapped.path,
      before: [],
      why: "named by the editor that called",
      wasNamed: true,
      args: rest,
    };
  const fixed = fixedByUser(context, given.config);
  if (fixed !== undefined) return { ...verified(fixed, context), wasNamed: false, args: rest };
  return { ...found(context, given.places), wasNamed: false, args: rest };
}

/**
 * The program that an editor put before the arguments (VS Code's `claudeProcessWrapper`, Claude Code's own
 * `CLAUDE_CODE_PROCESS_WRAPPER`): an absolute path to an executable file that is Claude Code by its name. A prompt is
 * not: `/help` and `/tmp/notes` name no such file, and a file of the project that is worked in is never run, whatever its
 * name. Where it names the shim it is dropped all the same.
 */
function wrappedProgram(
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

type Candidate = { readonly path: string; readonly why: string };
type Found = Program & Candidate;

function fixedByUser(
  context: Pick<Context, "env" | "home">,
  config: Pick<Config, "claude"> | undefined,
): Candidate | undefined {
  const fromEnv = context.env["CLAUTH_CLAUDE"];
  if (fromEnv) return { path: fromEnv, why: "CLAUTH_CLAUDE" };
  if (config?.claude === undefined) return undefined;
  const path = /^~[\\/]/.test(config.claude) ? join(context.home, config.claude.slice(2)) : config.claude;
  return { path, why: "claude in clauth.toml" };
}

function verified(
  { path, why }: Candidate,
  context: Pick<Context, "env" | "executable" | "platform">,
): Found {
  if (!(context.platform === "win32" ? isFullWindowsPath(path) : isAbsolute(path)))
    throw notRunnable(path, `${why} is not an absolute path`, `set ${why} to an absolute path`);
  const state = runnable(path, context.platform);
  if (state === "absent")
    throw notFound(`${why} names ${path}, which does not exist`, `correct ${why}`, path);
  if (state === "no")
    throw notRunnable(path, `${why} names ${path}, which is not an executable file`, `correct ${why}`);
  const program = programAt(path, context);
  if (program === "shim")
    throw notRunnable(
      path,
      `${why} names the shim itself, not the real claude`,
      `point ${why} at the real claude`,
    );
  if (program === undefined)
    throw notRunnable(path, `${why} names ${path}, which leads to no program`, `correct ${why}`);
  return { ...program, why };
}

/** The first that can be run and is not the shim, as a shell would: what can't be executed is passed over. */
function found(
  context: Pick<Context, "env" | "home" | "platform" | "executable">,
  places: readonly string[] | undefined,
): Found {
  const refused: string[] = [];
  const program =
    firstIn(searchPath(context), context, refused) ??
    firstIn(places ?? usualPlaces(context), context, refused, "not on PATH; a usual place to install it");
  if (program !== undefined) return program;
  if (refused[0] !== undefined) {
    throw notRunnable(
      refused[0],
      `${refused[0]} can't be executed, and there is no other claude`,
      context.platform === "win32" ? "install Claude Code again" : `chmod +x ${shellWord(refused[0])}`,
    );
  }
  throw notFound(
    "there is no Claude Code: no claude on PATH besides the shim, and none in the usual places",
    "npm install -g @anthropic-ai/claude-code, or set CLAUTH_CLAUDE to the path of the real claude",
  );
}

/** @param refused takes what is there and can't be executed */
function firstIn(
  directories: readonly string[],
  context: Pick<Context, "env" | "executable" | "platform">,
  refused: string[],
  why = "the first claude on PATH after the shim",
): Found | undefined {
  const { env, platform } = context;
  const names = platform === "win32" ? windowsProgramNames("claude", env["PATHEXT"]) : ["claude"];
  const { join } = pathOf(platform);
  for (const directory of directories) {
    for (const name of names) {
      const path = join(directory, name);
      const state = runnable(path, platform);
      if (state === "absent") continue;
      const program = state === "yes" ? programAt(path, context) : undefined;
      if (program === undefined) refused.push(path);
      else if (program !== "shim") return { ...program, why };
    }
  }
  return undefined;
}

/** What is started for a file that can be executed; undefined where a batch file leads to nothing. */
function programAt(
  path: string,
  context: Pick<Context, "env" | "executable" | "platform">,
): Program | "shim" | undefined {
  if (isShim(path, context)) return "shim";
  const program = context.platform === "win32" ? windowsProgram(path, context.env) : { path, before: [] };
  return program !== undefined && program.path !== path && isShim(program.path, context) ? "shim" : program;
}

/**
 * A relative or empty entry means the working directory, where nothing may be run from. In WSL the claude of Windows' npm is
 * on PATH too, and would use the login of Windows' home: no variable of ours gets there.
 */
export function searchPath({ env, platform }: Pick<Context, "env" | "platform">): readonly string[] {
  const path = env["PATH"] ?? "";
  if (platform === "win32") return windowsSearchPath(path);
  const inWsl = Boolean(env["WSL_DISTRO_NAME"]);
  const directories: string[] = [];
  for (const directory of path.split(":"))
    if (isAbsolute(directory) && !(inWsl && isOnWindowsDrive(directory))) directories.push(directory);
  return directories;
}

/** Native installer, the older local one, npm's usual prefixes, and those of other package managers of the system. */
export function usualPlaces(context: Pick<Context, "env" | "home" | "platform">): readonly string[] {
  const { home, env, platform } = context;
  const { isAbsolute, join } = pathOf(platform);
  const below = (name: string, ...rest: string[]) => {
    const root = env[name];
    return root !== undefined && isAbsolute(root) ? [join(root, ...rest)] : [];
  };
  const inHome = [
    join(home, ".local", "bin"),
    join(home, ".claude", "local"),
    join(home, ".claude", "local", "node_modules", ".bin"),
  ];
  if (platform === "win32") {
    return [
      ...inHome,
      ...below("npm_config_prefix"),
      ...below("APPDATA", "npm"),
      ...below("LOCALAPPDATA", "Microsoft", "WinGet", "Links"),
      ...below("LOCALAPPDATA", "pnpm"),
      ...below("LOCALAPPDATA", "Volta", "bin"),
      join(home, "scoop", "shims"),
      join(home, ".bun", "bin"),
    ];
  }
  return [
    ...inHome,
    ...below("npm_config_prefix", "bin"),
    join(home, ".npm-global", "bin"),
    join(home, ".bun", "bin"),
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/usr/bin",
  ];
}

function pathOf(platform: NodeJS.Platform): { isAbsolute: typeof isAbsolute; join: typeof join } {
  return platform === "win32" ? nodePath().win32 : { isAbsolute, join };
}

/** "no": there is something, but not a file that this user may execute. */
function runnable(path: string, platform: NodeJS.Platform): "yes" | "no" | "absent" {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return "absent";
    if (!stat.isFile()) return "no";
    if (platform !== "win32") accessSync(path, constants.X_OK);
    return "yes";
  } catch {
    return "no";
  }
}

function notFound(message: string, hint: string, path?: string): ClauthError {
  return new ClauthError({
    kind: "claude_not_found",
    message,
    hint,
    exitCode: 127,
    ...(path === undefined ? {} : { path }),
  });
}

function notRunnable(path: string, message: string, hint: string): ClauthError {
  return new ClauthError({ kind: "claude_not_runnable", message, hint, exitCode: 126, path });
}

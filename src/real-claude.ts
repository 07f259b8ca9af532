import { pathOf, searchPath, usualPlaces } from "./claude-places.ts";
import type { Config } from "./config/config.ts";
import type { Context } from "./context.ts";
import { runnable } from "./disk/runnable.ts";
import { ClauthError } from "./errors.ts";
import { firstOnPath } from "./first-on-path.ts";
import { isShim } from "./own-executable.ts";
import { isAbsolute, join } from "./path.ts";
import { shellWord } from "./shell-line.ts";
import { type Program, windowsProgram } from "./windows/program.ts";
import { isFullWindowsPath, windowsProgramNames } from "./windows/search-path.ts";
import { wrappedProgram } from "./wrapped-program.ts";

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
  const plain = context.platform === "linux" && !context.env["WSL_DISTRO_NAME"];
  const first = plain ? firstOnPath(context.env["PATH"] ?? "", context.executable) : undefined;
  if (first !== undefined) return { path: first, before: [], why: ON_PATH };
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

const ON_PATH = "the first claude on PATH after the shim";

/** @param refused takes what is there and can't be executed */
function firstIn(
  directories: readonly string[],
  context: Pick<Context, "env" | "executable" | "platform">,
  refused: string[],
  why = ON_PATH,
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

import { wordWeWereCalledBy } from "./called-as.ts";
import { ClauthError, errnoOf } from "./errors.ts";
import { isTerminal } from "./fs/terminal.ts";
import { kernelsWorkingDirectory } from "./fs/working-directory.ts";
import { realpathSync, writeSync } from "./fs.ts";
import { isAbsolute } from "./path.ts";
import { pause } from "./pause.ts";

/**
 * What the caller gave this process. Together with `run/` the only place that reads `process`: everything below
 * takes a Context, so that a test can hand in its own.
 */
export type Context = {
  /** Arguments after the program's own name, as Bun decoded them (bytes that are not UTF-8 became U+FFFD). */
  readonly args: readonly string[];
  readonly env: Environment;
  /** The working directory with every symlink resolved; bytes of it that are not UTF-8 became U+FFFD. */
  readonly cwd: string;
  /** `$HOME`, on Windows `%USERPROFILE%`, where Claude Code looks too: absolute, as the user spells it. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Our own executable, symlinks resolved (`process.execPath` of a compiled Bun program; measured on Bun 1.4.5). */
  readonly executable: string;
  /** The word that we were called by: `claude`, `/path/to/claude`, `clauth`. */
  readonly calledAs: string;
  readonly stderr: Output;
  readonly stdout: Output;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export type Output = {
  readonly isTerminal: boolean;
  /** Characters in a line of the terminal; undefined where there is none. */
  readonly columns?: number | undefined;
  readonly write: (text: string) => void;
};

/**
 * Reads the context of this process. `cwd` and `home` are looked up when they are first needed, so that a bypass works
 * without them.
 * @throws ClauthError, from `home`: `home_unset` where `$HOME` is missing or relative; from `cwd`: `cwd_gone` where
 * the working directory was deleted.
 */
export function readContext(): Context {
  let cwd: string | undefined;
  return {
    args: process.argv.slice(2),
    env: process.env,
    get cwd() {
      cwd ??= physicalWorkingDirectory();
      return cwd;
    },
    get home() {
      return homeDirectory(process.env);
    },
    platform: process.platform,
    executable: process.execPath,
    calledAs: wordWeWereCalledBy(),
    get stderr() {
      return output(2, 500, () => {});
    },
    get stdout() {
      return output(1, Number.POSITIVE_INFINITY, refuseLoss);
    },
  };
}

function physicalWorkingDirectory(): string {
  return kernelsWorkingDirectory() || resolvedWorkingDirectory();
}

function resolvedWorkingDirectory(): string {
  let path = "";
  try {
    path = process.cwd();
    return realpathSync(path);
  } catch (cause) {
    if (path !== "" && errnoOf(cause) === "EACCES") return path;
    throw new ClauthError({
      kind: "cwd_gone",
      message: "the working directory no longer exists",
      hint: "cd to a directory that exists",
      cause,
    });
  }
}

function homeDirectory(
  env: Environment,
  name = process.platform === "win32" ? "USERPROFILE" : "HOME",
): string {
  const home = env[name];
  if (home !== undefined && isAbsolute(home)) return home;
  throw new ClauthError({
    kind: "home_unset",
    message: home ? `${name} is not an absolute path: ${JSON.stringify(home)}` : `${name} is not set`,
    hint: `set ${name}, or start the real claude with CLAUTH_BYPASS=1`,
  });
}

/**
 * Written straight to the descriptor: Bun's own stream objects open copies of it, which claude would inherit.
 * @param patienceMs how long a full pipe that the caller made non-blocking is waited for: results may not be lost, while a line
 * for people is not worth a claude that never starts.
 * @param lost takes why the rest can't be written
 */
function output(descriptor: number, patienceMs: number, lost: (cause: unknown) => void): Output {
  return {
    get isTerminal() {
      return isTerminal(descriptor);
    },
    get columns() {
      return (descriptor === 1 ? process.stdout : process.stderr).columns;
    },
    write: (text) => writeAll(descriptor, new TextEncoder().encode(text), patienceMs, lost),
  };
}

function writeAll(
  descriptor: number,
  bytes: Uint8Array,
  patienceMs: number,
  lost: (cause: unknown) => void,
): void {
  const deadline = performance.now() + patienceMs;
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      // A full pipe empties again.
      const isFull = errnoOf(error) === "EAGAIN" && performance.now() <= deadline;
      if (!isFull) {
        lost(error);
        return;
      }
      pause(1);
    }
  }
}

/** Half a result must not pass for a whole one; but what nobody reads any more is lost on nobody. */
function refuseLoss(cause: unknown): void {
  if (errnoOf(cause) === "EPIPE" || errnoOf(cause) === "EBADF") return;
  throw new ClauthError({
    kind: "output_lost",
    message: "the result could not be written to standard output",
    hint: "look at where it goes: is that disk full?",
    cause,
  });
}

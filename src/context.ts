import { realpathSync } from "node:fs";
import { isAbsolute } from "node:path";
import { ClauthError } from "./errors.ts";

/**
 * What the caller gave this process. Together with `run/` the only place that reads `process`: everything below
 * takes a Context, so that a test can hand in its own.
 */
export type Context = {
  /** Arguments after the program's own name, as Bun decoded them (bytes that are not UTF-8 became U+FFFD). */
  readonly args: readonly string[];
  readonly env: Environment;
  /** The working directory with every symlink resolved. */
  readonly cwd: string;
  /** `$HOME`: absolute, as the user spells it. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Our own executable, symlinks resolved (`process.execPath` of a compiled Bun program; measured on Bun 1.4.5). */
  readonly executable: string;
  readonly stderr: Output;
  readonly stdout: Output;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export type Output = { readonly isTerminal: boolean; readonly write: (text: string) => void };

/**
 * Reads the context of this process.
 * @throws ClauthError `home_unset` where `$HOME` is missing or relative; `cwd_gone` where the working directory
 * was deleted.
 */
export function readContext(): Context {
  return {
    args: process.argv.slice(2),
    env: process.env,
    cwd: physicalWorkingDirectory(),
    home: homeDirectory(process.env),
    platform: process.platform,
    executable: process.execPath,
    stderr: output(process.stderr),
    stdout: output(process.stdout),
  };
}

function physicalWorkingDirectory(): string {
  try {
    return realpathSync(process.cwd());
  } catch (cause) {
    throw new ClauthError({
      kind: "cwd_gone",
      message: "the working directory no longer exists",
      hint: "cd to a directory that exists",
      cause,
    });
  }
}

function homeDirectory(env: Environment): string {
  const home = env["HOME"];
  if (home !== undefined && isAbsolute(home)) return home;
  throw new ClauthError({
    kind: "home_unset",
    message: home ? `HOME is not an absolute path: ${JSON.stringify(home)}` : "HOME is not set",
    hint: "set HOME, or start the real claude with CLAUTH_BYPASS=1",
  });
}

function output(stream: NodeJS.WriteStream): Output {
  return { isTerminal: stream.isTTY === true, write: (text) => void stream.write(text) };
}

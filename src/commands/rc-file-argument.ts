import { basename, dirname, resolve } from "node:path";
import type { Context } from "../context.ts";
import { realPath } from "../disk/real-path.ts";
import { ClauthError } from "../errors.ts";
import { storeOf } from "../paths.ts";
import { RC_FILE, type RcFile, readRcFile } from "../selection/rc-file.ts";
import { knownIn } from "../selection/resolve.ts";

/**
 * The rc file that a command is about: the one named, or the nearest.
 * @throws ClauthError `no_rc_file`, and those of `readRcFile`
 */
export function rcFileNamed(
  context: Pick<Context, "cwd" | "env" | "home">,
  file: string | undefined,
): RcFile {
  const isKnown = knownIn(storeOf(context));
  const found =
    file === undefined
      ? readRcFile({ cwd: context.cwd, home: realPath(context.home), isKnown })
      : readNamed(resolve(context.cwd, file), isKnown);
  if (found !== undefined) return found;
  throw new ClauthError({
    kind: "no_rc_file",
    message:
      file === undefined
        ? `no ${RC_FILE} in ${context.cwd} or above`
        : `there is no ${RC_FILE} at ${resolve(context.cwd, file)}`,
    hint: "clauth local NAME writes one here",
  });
}

/** A directory stands for the file in it. */
function readNamed(path: string, isKnown: ReturnType<typeof knownIn>): RcFile | undefined {
  const directory = realPath(basename(path) === RC_FILE ? dirname(path) : path);
  return readRcFile({ cwd: directory, home: directory, isKnown });
}

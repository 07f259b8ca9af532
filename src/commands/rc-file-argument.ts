import { basename, dirname, join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { realPath } from "../disk/real-path.ts";
import { ClauthError } from "../errors.ts";
import { storeOf } from "../paths.ts";
import { RC_FILE } from "../selection/find-rc-file.ts";
import { type RcFile, readRcFile } from "../selection/rc-file.ts";
import { knownIn } from "../selection/resolve.ts";

type Here = Pick<Context, "cwd" | "env" | "home">;

/**
 * The nearest rc file.
 * @throws ClauthError `no_rc_file`, and those of `readRcFile`
 */
export function nearestRcFile(context: Here): RcFile {
  const isKnown = knownIn(storeOf(context));
  const found = readRcFile({ cwd: context.cwd, home: realPath(context.home), isKnown });
  if (found !== undefined) return found;
  throw noRcFile(`${context.cwd} or above`);
}

/** The one at the place that was named. Throws as `nearestRcFile`. */
export function rcFileAt(context: Here, place: string): RcFile {
  const directory = dirname(rcFilePath(context, place));
  const found = readRcFile({ cwd: directory, home: directory, isKnown: knownIn(storeOf(context)) });
  if (found !== undefined) return found;
  throw noRcFile(directory);
}

/** The path that a place means, whether there is one or not: a directory stands for the file in it. */
export function rcFilePath({ cwd }: Pick<Context, "cwd">, place: string): string {
  const path = resolve(cwd, place);
  return join(realPath(basename(path) === RC_FILE ? dirname(path) : path), RC_FILE);
}

export function noRcFile(where: string): ClauthError {
  return new ClauthError({
    kind: "no_rc_file",
    message: `no ${RC_FILE} in ${where}`,
    hint: "clauth local NAME writes one here",
  });
}

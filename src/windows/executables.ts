import {
  closeSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { attempt } from "../disk/attempt.ts";
import { patiently } from "../disk/patience.ts";
import { ClauthError } from "../errors.ts";
import { isShim } from "../own-executable.ts";

/** One file under two names: it goes by the name that it is called by. */
const NAMES = ["clauth.exe", "claude.exe"] as const;

/**
 * Puts an executable into `bin` under both names, also while older ones run from there: Windows neither overwrites nor removes a
 * running program, but renames it. What was renamed away is removed by a later call, when nobody runs it any more.
 * @throws ClauthError `foreign_executable` where one of the names is somebody else's, before anything is changed; as `domainError`
 */
export function installExecutables(context: Pick<Context, "executable">, bin: string): void {
  for (const name of NAMES) refuseForeign(join(bin, name), context);
  attempt("make the directory", bin, () => mkdirSync(bin, { recursive: true }));
  sweep(bin);
  const [clauth, claude] = [join(bin, NAMES[0]), join(bin, NAMES[1])];
  replace(clauth, (fresh) => copyFileSync(context.executable, fresh));
  replace(claude, (fresh) => linkOrCopy(clauth, fresh));
}

/**
 * Takes both names away again, and `bin` where nothing else is in it.
 * @returns what stays: somebody else's files, and what still runs (under a name that nothing is found by)
 */
export function removeExecutables(context: Pick<Context, "executable">, bin: string): readonly string[] {
  for (const name of NAMES) {
    const path = join(bin, name);
    if (isThere(path) && isShim(path, context))
      attempt("remove", path, () => removeOrRename(path, abandoned(path)));
  }
  sweep(bin);
  const left = isThere(bin) ? readdirSync(bin) : [];
  if (left.length === 0 && isThere(bin)) attempt("remove", bin, () => rmdirSync(bin));
  return left.map((name) => join(bin, name));
}

/**
 * `~\.local\bin` as PREFIX\bin, for example, is where Claude Code's own installer puts the real claude. What can't be read is not
 * judged: a scanner may have it for itself.
 */
function refuseForeign(path: string, context: Pick<Context, "executable">): void {
  if (!isThere(path)) return;
  attempt("read", path, () => patiently(() => closeSync(openSync(path, "r"))));
  if (isShim(path, context)) return;
  throw new ClauthError({
    kind: "foreign_executable",
    message: `${path} is there already and is not clauth's`,
    hint: "choose another directory with -Prefix",
    path,
  });
}

function replace(target: string, write: (fresh: string) => void): void {
  const fresh = abandoned(target);
  attempt("install", target, () => {
    try {
      write(fresh);
      putInPlace(fresh, target);
    } catch (error) {
      succeeds(() => unlinkSync(fresh));
      throw error;
    }
  });
}

/**
 * Between the two renames there is no file of that name for some microseconds; a second one that fails undoes the first. Scanners
 * look at what is new, and hold it for a moment.
 */
function putInPlace(fresh: string, target: string): void {
  if (succeeds(() => renameSync(fresh, target))) return;
  const old = abandoned(target);
  patiently(() => renameSync(target, old));
  try {
    patiently(() => renameSync(fresh, target));
  } catch (error) {
    renameSync(old, target);
    throw error;
  }
  succeeds(() => unlinkSync(old));
}

/** exFAT has no hard links. */
function linkOrCopy(from: string, to: string): void {
  if (!succeeds(() => linkSync(from, to))) copyFileSync(from, to);
}

function removeOrRename(path: string, old: string): void {
  if (!succeeds(() => unlinkSync(path))) renameSync(path, old);
}

function sweep(bin: string): void {
  const names = isThere(bin) ? readdirSync(bin) : [];
  for (const name of names.filter((one) => one.endsWith(ABANDONED))) {
    succeeds(() => unlinkSync(join(bin, name)));
  }
}

/** A name that nothing is found by, for what a later call sweeps: what is not in place yet, or not any more. */
function abandoned(path: string): string {
  return `${path}.${process.pid}-${Math.random().toString(36).slice(2, 8)}${ABANDONED}`;
}

const ABANDONED = ".clauth-old";

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function succeeds(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

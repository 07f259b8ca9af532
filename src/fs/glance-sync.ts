import type { BigIntStats } from "node:fs";
import { fileGlancedAt, type Glance, glance, S_IFMT } from "./glance.ts";
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, absence, nodeFs, throwAbsence } from "./linux.ts";

/**
 * `glance` of what a path leads to, on every system.
 * @returns undefined where nothing is there
 * @throws as statSync
 */
export function glanceSync(path: string): Glance | undefined {
  const seen = glance(path);
  if (seen !== undefined || absence() === "ENOENT") return seen;
  throwAbsence("stat", path);
  const stats = nodeFs().statSync(path, { ...BIG, throwIfNoEntry: false });
  return stats && glanceOf(stats);
}

/** The same of what a descriptor has open. */
export function glanceOpenSync(descriptor: number): Glance {
  return glance("", AT_EMPTY_PATH, descriptor) ?? glanceOf(nodeFs().fstatSync(descriptor, BIG));
}

/**
 * True where a path itself, and not what it leads to, is the file that a descriptor has open.
 * @throws as lstatSync, of a path that is gone too
 */
export function isOpenAtSync(path: string, descriptor: number): boolean {
  if (glance("", AT_EMPTY_PATH, descriptor) !== undefined) {
    const open = fileGlancedAt();
    if (glance(path, AT_SYMLINK_NOFOLLOW) !== undefined) return fileGlancedAt() === open;
    throwAbsence("lstat", path);
  }
  const [open, named] = [nodeFs().fstatSync(descriptor, BIG), nodeFs().lstatSync(path, BIG)];
  return open.dev === named.dev && open.ino === named.ino;
}

const BIG = { bigint: true } as const;

function glanceOf({ mode, uid, size }: BigIntStats): Glance {
  const bits = Number(mode);
  return { kind: bits & S_IFMT, mode: bits & 0o7777, uid: Number(uid), size: Number(size) };
}

/*
 * As much of node:fs as a start uses, under the same names. The module itself is JavaScript that every process compiles anew: with
 * node:path 1 ms, a quarter of what an empty Bun program costs (measured on Bun 1.4.5). On Linux these calls go straight to
 * libc. What ends otherwise than in success or absence is asked of node:fs again, which has the words for it: a call that failed
 * changed nothing, but for close(2). So is everything where libc can't be opened, and on other systems.
 *
 * Stats are those of `{ bigint: true }`, every descriptor is close-on-exec.
 */

import { ptr } from "bun:ffi";
import { type Dirent, entriesOf } from "./fs/entries.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  absence,
  answer,
  answerAt,
  CALLS,
  closeSync,
  errno,
  failure,
  inC,
  isLinux,
  nodeFs,
  O_CLOEXEC,
  systemCall,
  throwAbsence,
  utf8,
} from "./fs/linux.ts";
import { namesOf } from "./fs/names.ts";
import { look, type Stats } from "./fs/stats.ts";

export type { Dirent } from "./fs/entries.ts";
export { closeSync, constants, nodeFs } from "./fs/linux.ts";
export type { Stats } from "./fs/stats.ts";

export function openSync(path: string, flags: number, mode = 0o666): number {
  const descriptor = systemCall(CALLS.openat, AT_FDCWD, inC(path), flags | O_CLOEXEC, mode);
  if (descriptor >= 0) return descriptor;
  throwAbsence("open", path);
  return nodeFs().openSync(path, flags, mode);
}

/** @param position where to read; where it is null, what follows what was read last */
export function readSync(
  descriptor: number,
  into: Uint8Array,
  offset = 0,
  length = into.length - offset,
  position: number | null = null,
): number {
  if (isLinux && length > 0) {
    const to = ptr(into, offset);
    const count =
      position === null
        ? systemCall(CALLS.read, descriptor, to, length)
        : systemCall(CALLS.pread64, descriptor, to, length, position);
    if (count >= 0) return count;
  }
  return nodeFs().readSync(descriptor, into, offset, length, position);
}

/** @param position where to write; where it is null, after what was written last */
export function writeSync(
  descriptor: number,
  bytes: Uint8Array,
  offset = 0,
  length = bytes.length - offset,
  position: number | null = null,
): number {
  if (isLinux && length > 0) {
    const from = ptr(bytes, offset);
    const count =
      position === null
        ? systemCall(CALLS.write, descriptor, from, length)
        : systemCall(CALLS.pwrite64, descriptor, from, length, position);
    if (count >= 0) return count;
  }
  return nodeFs().writeSync(descriptor, bytes, offset, length, position);
}

export function ftruncateSync(descriptor: number, length: number): void {
  if (systemCall(CALLS.ftruncate, descriptor, length) !== 0) nodeFs().ftruncateSync(descriptor, length);
}

type IfThere = { readonly throwIfNoEntry: false };

export function statSync(path: string): Stats;
export function statSync(path: string, options: IfThere): Stats | undefined;
export function statSync(path: string, options?: IfThere): Stats | undefined {
  const stats = look(AT_FDCWD, inC(path), 0);
  if (stats !== undefined || (options !== undefined && absence() === "ENOENT")) return stats;
  throwAbsence("stat", path);
  if (options === undefined) return nodeFs().statSync(path, { bigint: true });
  return nodeFs().statSync(path, { bigint: true, throwIfNoEntry: false });
}

export function lstatSync(path: string): Stats;
export function lstatSync(path: string, options: IfThere): Stats | undefined;
export function lstatSync(path: string, options?: IfThere): Stats | undefined {
  const stats = look(AT_FDCWD, inC(path), AT_SYMLINK_NOFOLLOW);
  if (stats !== undefined || (options !== undefined && absence() === "ENOENT")) return stats;
  throwAbsence("lstat", path);
  if (options === undefined) return nodeFs().lstatSync(path, { bigint: true });
  return nodeFs().lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

export function fstatSync(descriptor: number): Stats {
  return look(descriptor, inC(""), AT_EMPTY_PATH) ?? nodeFs().fstatSync(descriptor, { bigint: true });
}

export function existsSync(path: string): boolean {
  if (systemCall(CALLS.faccessat, AT_FDCWD, inC(path), F_OK) === 0) return true;
  return absence() === undefined && nodeFs().existsSync(path);
}

export function accessSync(path: string, mode: number): void {
  if (systemCall(CALLS.faccessat, AT_FDCWD, inC(path), mode) === 0) return;
  throwAbsence("access", path);
  nodeFs().accessSync(path, mode);
}

export function readlinkSync(path: string): string {
  const length = systemCall(CALLS.readlinkat, AT_FDCWD, inC(path), answerAt, answer.length);
  if (length >= 0) return utf8.decode(answer.subarray(0, length));
  if (errno() === EINVAL) throw failure("EINVAL", "readlink", path);
  throwAbsence("readlink", path);
  return nodeFs().readlinkSync(path);
}

/** The path with every link on the way resolved, as the kernel has it. */
export function realpathSync(path: string): string {
  const descriptor = systemCall(CALLS.openat, AT_FDCWD, inC(path), O_PATH | O_CLOEXEC);
  if (descriptor >= 0) {
    const link = inC(`/proc/self/fd/${descriptor}`);
    const length = systemCall(CALLS.readlinkat, AT_FDCWD, link, answerAt, answer.length);
    closeSync(descriptor);
    if (length >= 0) return utf8.decode(answer.subarray(0, length));
  } else throwAbsence("realpath", path);
  return nodeFs().realpathSync.native(path);
}

export function readdirSync(path: string): string[] {
  const names = namesOf(path);
  if (names !== undefined) return names;
  throwAbsence("scandir", path);
  return nodeFs().readdirSync(path);
}

/** What node's readdirSync gives `withFileTypes`. */
export function readdirEntriesSync(path: string): Dirent[] {
  return entriesOf(path) ?? nodeFs().readdirSync(path, { withFileTypes: true });
}

export function unlinkSync(path: string): void {
  if (systemCall(CALLS.unlinkat, AT_FDCWD, inC(path)) === 0) return;
  throwAbsence("unlink", path);
  nodeFs().unlinkSync(path);
}

const F_OK = 0;
const O_PATH = 0o10000000;
/** Of readlink(2): what is there is no link. */
const EINVAL = 22;

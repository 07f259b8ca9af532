import { ClauthError, errnoOf } from "../errors.ts";
import { REGULAR_FILE } from "../fs/glance.ts";
import { constants, type Stats } from "../fs.ts";
import { disk, letGo } from "./disk.ts";
import { domainError, MOVE_IT_AWAY } from "./errno.ts";

/** A file as it was read: decide and write by these very bytes, never by a second read (trap 16). */
export type FileContent = { readonly bytes: Uint8Array; readonly stat: FileStat };

export type FileStat = {
  readonly dev: bigint;
  readonly ino: bigint;
  /** In bytes. */
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** When anything of it changed last, its name too. No program can set it. */
  readonly ctimeNs: bigint;
  /** The permission bits alone, 0o7777 at most; on Windows 0o600, or 0o400 for the read-only attribute. */
  readonly mode: number;
  readonly uid: number;
};

/**
 * Reads a whole file, following symlinks. Never hangs on a FIFO or a device: they are opened without blocking and refused.
 * @param limits.maxBytes refuses anything larger before reading it; 64 MiB where not given
 * @returns undefined where there is no file: nothing of that name, a dangling link, or a file in place of its directory
 * @throws ClauthError `not_a_file`, `file_too_large`, or what `domainError` makes of the system's answer
 */
export function readRegularFile(
  path: string,
  { maxBytes = MOST_BYTES }: Limits = {},
): FileContent | undefined {
  return whileOpen(path, (descriptor) => {
    const stats = disk.statOpen(descriptor);
    if (!stats.isFile()) throw notAFile(path);
    const bytes = readToEnd(descriptor, path, Number(stats.size), maxBytes);
    return { bytes, stat: fileStat(stats) };
  });
}

/** The same for whoever asks whose file it is, and no more: numbers of 64 bits cost a start as much as the reading (Bun 1.4.5). */
export function readOwnedFile(
  path: string,
  { maxBytes = MOST_BYTES }: Limits = {},
): { readonly bytes: Uint8Array; readonly owner: Pick<FileStat, "mode" | "uid"> } | undefined {
  return whileOpen(path, (descriptor) => {
    const { kind, size, mode, uid } = disk.glanceOpen(descriptor);
    if (kind !== REGULAR_FILE) throw notAFile(path);
    const bytes = readToEnd(descriptor, path, size, maxBytes);
    return { bytes, owner: { mode: mode & PERMISSIONS, uid } };
  });
}

type Limits = { readonly maxBytes?: number };

const MOST_BYTES = 64 * 1024 * 1024;

function whileOpen<T>(path: string, read: (descriptor: number) => T): T | undefined {
  const descriptor = openForReading(path);
  if (descriptor === undefined) return undefined;
  try {
    return read(descriptor);
  } catch (cause) {
    throw domainError(cause, "read", path);
  } finally {
    letGo(descriptor);
  }
}

/** Looks at what a path leads to, links followed. Undefined where there is nothing. */
export function statFile(path: string): FileStat | undefined {
  try {
    return fileStat(disk.stat(path));
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    throw domainError(cause, "look at", path);
  }
}

/** True for a regular file at the end of all links; false too for what can't be looked at. */
export function isFile(path: string): boolean {
  try {
    return disk.statIfThere(path)?.isFile() === true;
  } catch {
    return false;
  }
}

/** True where both are one file: the same inode of the same device. */
export function sameFile(a: Pick<FileStat, "dev" | "ino">, b: Pick<FileStat, "dev" | "ino">): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** True where the system said that nothing is there, and not merely that it can't be looked at. */
export function isAbsence(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === "ENOENT" || errno === "ENOTDIR";
}

export function fileStat(stats: Stats): FileStat {
  return {
    dev: stats.dev,
    ino: stats.ino,
    size: stats.size,
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    mode: Number(stats.mode) & PERMISSIONS,
    uid: Number(stats.uid),
  };
}

/** Windows tells of everybody what holds for the owner. */
const PERMISSIONS = process.platform === "win32" ? 0o600 : 0o7777;

function openForReading(path: string): number | undefined {
  try {
    return disk.open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    throw domainError(cause, "read", path);
  }
}

/**
 * Reads past the size that fstat gave, because another process may be appending; a file of /proc even says 0 (where node's
 * readFileSync is twice as slow: 0.1 ms).
 */
function readToEnd(descriptor: number, path: string, size: number, maxBytes: number): Uint8Array {
  if (size > maxBytes) throw tooLarge(path, maxBytes);
  let bytes = new Uint8Array(size === 0 ? 4096 : size + 1);
  let length = 0;
  for (;;) {
    const count = disk.read(descriptor, bytes, length);
    if (count === 0) return bytes.subarray(0, length);
    length += count;
    if (length > maxBytes) throw tooLarge(path, maxBytes);
    if (length === bytes.length) bytes = grown(bytes);
  }
}

function grown(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2);
  larger.set(bytes);
  return larger;
}

function notAFile(path: string): ClauthError {
  return new ClauthError({
    kind: "not_a_file",
    message: `${path} is not a regular file`,
    hint: MOVE_IT_AWAY,
    path,
  });
}

function tooLarge(path: string, maxBytes: number): ClauthError {
  return new ClauthError({
    kind: "file_too_large",
    message: `${path} is larger than ${maxBytes} bytes`,
    hint: "look at what fills it, and move it away",
    path,
  });
}

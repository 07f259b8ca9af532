import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import type * as Node from "node:fs";

/**
 * As much of node:fs as a start uses, under the same names. The module itself is JavaScript that every process compiles anew: with
 * node:path 1 ms, a quarter of what an empty Bun program costs (measured on Bun 1.4.5). On Linux these calls go straight to
 * libc. What ends otherwise than in success or absence is asked of node:fs again, which has the words for it: a call that failed
 * changed nothing, but for close(2). So is everything where libc can't be opened, and on other systems.
 *
 * Stats are those of `{ bigint: true }`, every descriptor is close-on-exec.
 */
export type Stats = {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly nlink: bigint;
  readonly mode: bigint;
  readonly uid: bigint;
  readonly size: bigint;
  readonly mtimeMs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeMs: bigint;
  readonly ctimeNs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
};

export type Dirent = {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
};

/** node:fs itself, loaded at its first use: for what no steady start does. */
export function nodeFs(): typeof Node {
  return require("node:fs");
}

export function openSync(path: string, flags: number, mode = 0o666): number {
  const descriptor = libc?.open(inC(path), flags | O_CLOEXEC, mode) ?? FAILED;
  if (descriptor >= 0) return descriptor;
  throwAbsence("open", path);
  return nodeFs().openSync(path, flags, mode);
}

/** Not asked again where it fails: Linux has freed the descriptor by then, and another thread may have taken its number. */
export function closeSync(descriptor: number): void {
  if (libc === undefined) nodeFs().closeSync(descriptor);
  else if (libc.close(descriptor) !== 0) throwFailedClose(libc.errno());
}

function throwFailedClose(errno: number): void {
  const { constants } = require("node:os");
  const code = Object.keys(constants.errno).find((name) => constants.errno[name] === errno) ?? "EIO";
  // Interrupted, and closed all the same.
  if (code !== "EINTR") throw Object.assign(new Error(`${code}: close`), { code, syscall: "close" });
}

/** @param position where to read; where it is null, what follows what was read last */
export function readSync(
  descriptor: number,
  into: Uint8Array,
  offset = 0,
  length = into.length - offset,
  position: number | null = null,
): number {
  if (libc !== undefined && length > 0) {
    const to = ptr(into, offset);
    const count =
      position === null ? libc.read(descriptor, to, length) : libc.pread(descriptor, to, length, position);
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
  const c = writing();
  if (c !== undefined && length > 0) {
    const from = ptr(bytes, offset);
    const count =
      position === null ? c.write(descriptor, from, length) : c.pwrite(descriptor, from, length, position);
    if (count >= 0) return count;
  }
  return nodeFs().writeSync(descriptor, bytes, offset, length, position);
}

export function ftruncateSync(descriptor: number, length: number): void {
  if (writing()?.ftruncate(descriptor, length) !== 0) nodeFs().ftruncateSync(descriptor, length);
}

/** All of a file, a character for each byte. For files of /proc, whose size is said to be 0. */
export function readFileSync(path: string, _encoding: "latin1"): string {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    const chunk = new Uint8Array(16 * 1024);
    let text = "";
    for (let count = readSync(descriptor, chunk); count > 0; count = readSync(descriptor, chunk))
      text += latin1Of(chunk.subarray(0, count));
    return text;
  } finally {
    closeSync(descriptor);
  }
}

function latin1Of(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  const isAscii = text.length === bytes.length && !text.includes("\uFFFD");
  return isAscii ? text : foreignTextOf(bytes);
}

/** Apart, because a function that so much as names Buffer loads it when it is first called: 0.15 ms (measured on Bun 1.4.5). */
function foreignTextOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
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
  if (libc?.access(inC(path), F_OK) === 0) return true;
  return absence() === undefined && nodeFs().existsSync(path);
}

export function accessSync(path: string, mode: number): void {
  if (libc?.access(inC(path), mode) === 0) return;
  throwAbsence("access", path);
  nodeFs().accessSync(path, mode);
}

export function readlinkSync(path: string): string {
  const length = libc?.readlink(inC(path), answerAt, answer.length) ?? FAILED;
  if (length >= 0) return utf8.decode(answer.subarray(0, length));
  if (libc?.errno() === EINVAL) throw failure("EINVAL", "readlink", path);
  throwAbsence("readlink", path);
  return nodeFs().readlinkSync(path);
}

/** The path with every link on the way resolved, as the kernel has it. */
export function realpathSync(path: string): string {
  const descriptor = libc?.open(inC(path), O_PATH | O_CLOEXEC, 0) ?? FAILED;
  if (descriptor >= 0) {
    const length = libc?.readlink(inC(`/proc/self/fd/${descriptor}`), answerAt, answer.length) ?? FAILED;
    closeSync(descriptor);
    if (length >= 0) return utf8.decode(answer.subarray(0, length));
  } else throwAbsence("realpath", path);
  return nodeFs().realpathSync.native(path);
}

export function readdirSync(path: string): string[] {
  const entries = entriesOf(path);
  if (entries === undefined) return nodeFs().readdirSync(path);
  const names: string[] = [];
  for (const { name } of entries) names.push(name);
  return names;
}

/** What node's readdirSync gives `withFileTypes`. */
export function readdirEntriesSync(path: string): Dirent[] {
  return entriesOf(path) ?? nodeFs().readdirSync(path, { withFileTypes: true });
}

export function unlinkSync(path: string): void {
  const c = writing();
  if (c?.unlink(inC(path)) === 0) return;
  if (c !== undefined) throwAbsence("unlink", path);
  nodeFs().unlinkSync(path);
}

const F_OK = 0;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const FAILED = -1;
const ENOENT = 2;
const EBADF = 9;
const ENOTDIR = 20;
/** Of readlink(2): what is there is no link. */
const EINVAL = 22;

function openReading() {
  const { symbols } = dlopen(LIBC, {
    __errno_location: { args: [], returns: "ptr" },
    access: { args: ["ptr", "i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    getdents64: { args: ["i32", "ptr", "i32"], returns: "i32" },
    open: { args: ["ptr", "i32", "u32"], returns: "i32" },
    pread: { args: ["i32", "ptr", "i32", "i64"], returns: "i32" },
    read: { args: ["i32", "ptr", "i32"], returns: "i32" },
    readlink: { args: ["ptr", "ptr", "i32"], returns: "i32" },
    statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
  });
  const errnoAt = symbols.__errno_location();
  if (errnoAt === null) return undefined;
  const errno = () => read.i32(errnoAt, 0);
  // Seen once, so that all that the engine makes at a first time is made: between a call and its errno comes nothing then.
  return symbols.close(-1) !== 0 && errno() === EBADF ? { ...symbols, errno } : undefined;
}

/** What a passthrough never needs. Each call costs 0.01 ms to open. */
function openWriting() {
  return dlopen(LIBC, {
    ftruncate: { args: ["i32", "i64"], returns: "i32" },
    pwrite: { args: ["i32", "ptr", "i32", "i64"], returns: "i32" },
    unlink: { args: ["ptr"], returns: "i32" },
    write: { args: ["i32", "ptr", "i32"], returns: "i32" },
  }).symbols;
}

/** The name under which glibc is mapped already, and which musl takes for itself: no file is looked for. */
const LIBC = "libc.so.6";

function onLinux<T>(open: () => T): T | undefined {
  try {
    return process.platform === "linux" ? open() : undefined;
  } catch {
    return undefined;
  }
}

const libc = onLinux(openReading);
let writingCalls: ReturnType<typeof openWriting> | undefined;

function writing() {
  writingCalls ??= libc && onLinux(openWriting);
  return writingCalls;
}

/** Those that a start uses. Two of Linux' differ by processor. */
type Constants = Pick<
  typeof Node.constants,
  | "COPYFILE_EXCL"
  | "O_APPEND"
  | "O_CREAT"
  | "O_DIRECTORY"
  | "O_EXCL"
  | "O_NOCTTY"
  | "O_NOFOLLOW"
  | "O_NONBLOCK"
  | "O_RDONLY"
  | "O_RDWR"
  | "O_WRONLY"
  | "X_OK"
>;

export const constants: Constants =
  libc === undefined
    ? nodeFs().constants
    : {
        COPYFILE_EXCL: 1,
        O_APPEND: 0o2000,
        O_CREAT: 0o100,
        O_DIRECTORY: process.arch === "x64" ? 0o200000 : 0o40000,
        O_EXCL: 0o200,
        O_NOCTTY: 0o400,
        O_NOFOLLOW: process.arch === "x64" ? 0o400000 : 0o100000,
        O_NONBLOCK: 0o4000,
        O_RDONLY: 0,
        O_RDWR: 2,
        O_WRONLY: 1,
        X_OK: 1,
      };

/** Where C finds a path, and where it leaves its answer. */
const given = new Uint8Array(8 * 1024);
const givenAt = ptr(given);
const answer = new Uint8Array(32 * 1024);
const answerAt = ptr(answer);
const halves = new Uint16Array(answer.buffer);
const words = new Uint32Array(answer.buffer);
const longs = new BigUint64Array(answer.buffer);

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const latin1 = new TextDecoder("latin1");

/** NULL, which the kernel refuses (EFAULT), for a path that C can't be told. */
function inC(path: string): Pointer | null {
  const { read: taken, written } = encoder.encodeInto(path, given);
  if (taken < path.length || written === given.length || path.includes("\0")) return null;
  given[written] = 0;
  return givenAt;
}

/** How the last call failed, where it did because nothing of that name is there. */
function absence(): "ENOENT" | "ENOTDIR" | undefined {
  const errno = libc?.errno();
  return errno === ENOENT ? "ENOENT" : errno === ENOTDIR ? "ENOTDIR" : undefined;
}

function throwAbsence(syscall: string, path: string): void {
  const code = absence();
  if (code !== undefined) throw failure(code, syscall, path);
}

/** An error as node:fs throws it. */
function failure(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path });
}

function look(directory: number, path: Pointer | null, flags: number): Stats | undefined {
  return libc?.statx(directory, path, flags, STATX_BASIC_STATS, answerAt) === 0
    ? new StatsOfLinux()
    : undefined;
}

const STATX_BASIC_STATS = 0x7ff;

/**
 * The answer of statx(2), whose layout is that of every processor. A class, so that no method is made for each file anew; what is
 * seldom asked for is worked out when it is.
 */
class StatsOfLinux implements Stats {
  readonly ino = longs[4] ?? 0n;
  readonly size = longs[5] ?? 0n;
  readonly modeBits = halves[14] ?? 0;
  readonly links = words[4] ?? 0;
  readonly owner = words[5] ?? 0;
  readonly device = [words[34] ?? 0, words[35] ?? 0] as const;
  readonly changed = [longs[12] ?? 0n, words[26] ?? 0] as const;
  readonly modified = [longs[14] ?? 0n, words[30] ?? 0] as const;

  get dev(): bigint {
    return deviceOf(this.device);
  }
  get nlink(): bigint {
    return BigInt(this.links);
  }
  get mode(): bigint {
    return BigInt(this.modeBits);
  }
  get uid(): bigint {
    return BigInt(this.owner);
  }
  get mtimeNs(): bigint {
    return nanoseconds(this.modified);
  }
  get mtimeMs(): bigint {
    return this.mtimeNs / 1_000_000n;
  }
  get ctimeNs(): bigint {
    return nanoseconds(this.changed);
  }
  get ctimeMs(): bigint {
    return this.ctimeNs / 1_000_000n;
  }
  isFile(): boolean {
    return (this.modeBits & S_IFMT) === S_IFREG;
  }
  isDirectory(): boolean {
    return (this.modeBits & S_IFMT) === S_IFDIR;
  }
  isSymbolicLink(): boolean {
    return (this.modeBits & S_IFMT) === S_IFLNK;
  }
}

function nanoseconds([whole, rest]: readonly [bigint, number]): bigint {
  return BigInt.asIntN(64, whole) * 1_000_000_000n + BigInt(rest);
}

/** As makedev(3) joins the two numbers of a device. */
function deviceOf([major, minor]: readonly [number, number]): bigint {
  if (major < 0x1000 && minor < 0x100) return BigInt(major * 0x100 + minor);
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high >> 12n) << 44n) | ((low >> 8n) << 20n) | ((high & 0xfffn) << 8n) | (low & 0xffn);
}

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;

/** Undefined where node:fs has to be asked: for an error, and for a file system that does not tell kinds. */
function entriesOf(path: string): Dirent[] | undefined {
  const descriptor = libc?.open(inC(path), constants.O_DIRECTORY | O_CLOEXEC, 0) ?? FAILED;
  if (descriptor < 0) {
    throwAbsence("scandir", path);
    return undefined;
  }
  try {
    const entries: Dirent[] = [];
    for (;;) {
      const count = libc?.getdents64(descriptor, answerAt, answer.length) ?? FAILED;
      if (count === 0) return entries;
      if (count < 0 || !readEntries(count, entries)) return undefined;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** One after the other: inode and offset (8 bytes each), length (2), kind (1), name and NUL (getdents(2)). */
function readEntries(count: number, entries: Dirent[]): boolean {
  const text = latin1.decode(answer.subarray(0, count));
  for (let at = 0; at < count; at += halves[(at + 16) / 2] ?? count) {
    const end = text.indexOf("\0", at + 19);
    const name = text.slice(at + 19, end);
    if (name === "." || name === "..") continue;
    const kind = answer[at + 18] ?? DT_UNKNOWN;
    if (kind === DT_UNKNOWN) return false;
    entries.push(
      new DirentOfLinux(FOREIGN.test(name) ? utf8.decode(answer.subarray(at + 19, end)) : name, kind),
    );
  }
  return true;
}

const FOREIGN = /[^\0-\x7f]/;
const DT_UNKNOWN = 0;
const DT_DIR = 4;
const DT_REG = 8;
const DT_LNK = 10;

class DirentOfLinux implements Dirent {
  readonly name: string;
  readonly kind: number;

  constructor(name: string, kind: number) {
    this.name = name;
    this.kind = kind;
  }
  isFile(): boolean {
    return this.kind === DT_REG;
  }
  isDirectory(): boolean {
    return this.kind === DT_DIR;
  }
  isSymbolicLink(): boolean {
    return this.kind === DT_LNK;
  }
}

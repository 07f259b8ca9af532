import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import type * as Node from "node:fs";

/** node:fs itself, loaded at its first use: for what no steady start does. */
export function nodeFs(): typeof Node {
  return require("node:fs");
}

export const O_CLOEXEC = 0o2000000;
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** What a descriptor has open, in the place of what stands below it. */
export const AT_EMPTY_PATH = 0x1000;
const FAILED = -1;
export const ENOENT = 2;
const EBADF = 9;
export const ENOTDIR = 20;

const isX64 = process.arch === "x64";

/** The numbers of Linux' system calls. All that is not x64 has one list (asm-generic/unistd.h). */
export const CALLS = {
  close: isX64 ? 3 : 57,
  exit_group: isX64 ? 231 : 94,
  faccessat: isX64 ? 269 : 48,
  fcntl: isX64 ? 72 : 25,
  flock: isX64 ? 73 : 32,
  ftruncate: isX64 ? 77 : 46,
  getcwd: isX64 ? 79 : 17,
  getdents64: isX64 ? 217 : 61,
  geteuid: isX64 ? 107 : 175,
  ioctl: isX64 ? 16 : 29,
  madvise: isX64 ? 28 : 233,
  openat: isX64 ? 257 : 56,
  pread64: isX64 ? 17 : 67,
  pwrite64: isX64 ? 18 : 68,
  read: isX64 ? 0 : 63,
  readlinkat: isX64 ? 267 : 78,
  rt_sigaction: isX64 ? 13 : 134,
  statx: isX64 ? 332 : 291,
  sync_file_range: isX64 ? 277 : 84,
  unlinkat: isX64 ? 263 : 35,
  wait4: isX64 ? 61 : 260,
  write: isX64 ? 1 : 64,
} as const;

/**
 * One symbol for every call: each that is opened costs 20,000 instructions (measured on Bun 1.4.5), and a session needs fourteen. No
 * call that it makes takes more than five arguments.
 */
function openSyscall() {
  const { syscall, __errno_location } = dlopen(LIBC, {
    syscall: {
      args: ["i64", "i64", "i64", "i64", "i64", "i64"],
      returns: "i32",
    },
    __errno_location: { args: [], returns: "ptr" },
  }).symbols;
  const errnoAt = __errno_location();
  if (errnoAt === null) return undefined;
  // Seen once, so that all that the engine makes at a first time is made: between a call and its errno comes nothing then.
  const works = syscall(CALLS.close, -1, 0, 0, 0, 0) !== 0 && read.i32(errnoAt, 0) === EBADF;
  return works ? { syscall, errnoAt } : undefined;
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

const opened = onLinux(openSyscall);

/** False where libc can't be opened, and on other systems. */
export const isLinux = opened !== undefined;

/** A system call; negative where it failed, and where there is none. Addresses are those that `ptr` gives, null is NULL. */
export function systemCall(
  number: number,
  a: number | null,
  b: number | null = 0,
  c: number | null = 0,
  d = 0,
  e: number | null = 0,
): number {
  return opened?.syscall(number, a ?? 0, b ?? 0, c ?? 0, d, e ?? 0) ?? FAILED;
}

/** The number of the error of the last call. */
export function errno(): number {
  return opened === undefined ? 0 : read.i32(opened.errnoAt, 0);
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

export const constants: Constants = !isLinux
  ? nodeFs().constants
  : {
      COPYFILE_EXCL: 1,
      O_APPEND: 0o2000,
      O_CREAT: 0o100,
      O_DIRECTORY: isX64 ? 0o200000 : 0o40000,
      O_EXCL: 0o200,
      O_NOCTTY: 0o400,
      O_NOFOLLOW: isX64 ? 0o400000 : 0o100000,
      O_NONBLOCK: 0o4000,
      O_RDONLY: 0,
      O_RDWR: 2,
      O_WRONLY: 1,
      X_OK: 1,
    };

/** Where C finds a path, and where it leaves its answer. */
const GIVEN_BYTES = 8 * 1024;
const given = new Uint8Array(GIVEN_BYTES);
const givenAt = ptr(given);
export const answer = new Uint8Array(32 * 1024);
export const answerAt = ptr(answer);
export const words = new Uint32Array(answer.buffer);

const encoder = new TextEncoder();
export const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
export const latin1 = new TextDecoder("latin1");

/** What bytes that are not UTF-8 become in a text, whoever of Bun decodes them. */
export const NOT_UTF8 = "\uFFFD";

/** A character for each byte: what Bun calls Latin-1 when it decodes is Windows-1252. */
export function latin1Of(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  const isAscii = text.length === bytes.length && !text.includes(NOT_UTF8);
  return isAscii ? text : foreignTextOf(bytes);
}

/** Apart, because a function that so much as names Buffer loads it when it is first called: 0.15 ms (measured on Bun 1.4.5). */
function foreignTextOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Nearly every text is. It has a byte for each character then. */
export function isAscii(text: string): boolean {
  const { read: taken, written } = encoder.encodeInto(text, given);
  return taken === text.length && written === taken;
}

/** NULL, which the kernel refuses (EFAULT), for a path that C can't be told. */
export function inC(path: string): Pointer | null {
  const { read: taken, written } = encoder.encodeInto(path, given);
  if (taken < path.length || written === GIVEN_BYTES || path.includes("\0")) return null;
  given[written] = 0;
  return givenAt;
}

/**
 * Looks at a path below a directory: `answer` holds a struct statx then, whose layout is that of every processor.
 * @returns false where it failed: `errno` says how
 */
export function statx(directory: number, path: Pointer | null, flags: number): boolean {
  return systemCall(CALLS.statx, directory, path, flags, STATX_BASIC_STATS, answerAt) === 0;
}

const STATX_BASIC_STATS = 0x7ff;

/** How the last call failed, where it did because nothing of that name is there. */
export function absence(): "ENOENT" | "ENOTDIR" | undefined {
  const number = errno();
  return number === ENOENT ? "ENOENT" : number === ENOTDIR ? "ENOTDIR" : undefined;
}

export function throwAbsence(syscall: string, path: string): void {
  const code = absence();
  if (code !== undefined) throw failure(code, syscall, path);
}

/** An error as node:fs throws it. */
export function failure(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path });
}

/** Not asked again where it fails: Linux has freed the descriptor by then, and another thread may have taken its number. */
export function closeSync(descriptor: number): void {
  if (!isLinux) nodeFs().closeSync(descriptor);
  else if (systemCall(CALLS.close, descriptor) !== 0) throwFailedClose(errno());
}

function throwFailedClose(number: number): void {
  const { constants } = require("node:os");
  const code = Object.keys(constants.errno).find((name) => constants.errno[name] === number) ?? "EIO";
  // Interrupted, and closed all the same.
  if (code !== "EINTR") throw Object.assign(new Error(`${code}: close`), { code, syscall: "close" });
}

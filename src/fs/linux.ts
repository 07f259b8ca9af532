import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import type * as Node from "node:fs";

/** node:fs itself, loaded at its first use: for what no steady start does. */
export function nodeFs(): typeof Node {
  return require("node:fs");
}

export const O_CLOEXEC = 0o2000000;
export const FAILED = -1;
const ENOENT = 2;
const EBADF = 9;
const ENOTDIR = 20;

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

/** Undefined where libc can't be opened, and on other systems. */
export const libc = onLinux(openReading);
let writingCalls: ReturnType<typeof openWriting> | undefined;

/** The calls that write, opened at their first use. */
export function writing() {
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
export const answer = new Uint8Array(32 * 1024);
export const answerAt = ptr(answer);
export const halves = new Uint16Array(answer.buffer);
export const words = new Uint32Array(answer.buffer);
export const longs = new BigUint64Array(answer.buffer);

const encoder = new TextEncoder();
export const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
export const latin1 = new TextDecoder("latin1");

/** NULL, which the kernel refuses (EFAULT), for a path that C can't be told. */
export function inC(path: string): Pointer | null {
  const { read: taken, written } = encoder.encodeInto(path, given);
  if (taken < path.length || written === given.length || path.includes("\0")) return null;
  given[written] = 0;
  return givenAt;
}

/** How the last call failed, where it did because nothing of that name is there. */
export function absence(): "ENOENT" | "ENOTDIR" | undefined {
  const errno = libc?.errno();
  return errno === ENOENT ? "ENOENT" : errno === ENOTDIR ? "ENOTDIR" : undefined;
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
  if (libc === undefined) nodeFs().closeSync(descriptor);
  else if (libc.close(descriptor) !== 0) throwFailedClose(libc.errno());
}

function throwFailedClose(errno: number): void {
  const { constants } = require("node:os");
  const code = Object.keys(constants.errno).find((name) => constants.errno[name] === errno) ?? "EIO";
  // Interrupted, and closed all the same.
  if (code !== "EINTR") throw Object.assign(new Error(`${code}: close`), { code, syscall: "close" });
}

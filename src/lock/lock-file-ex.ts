import { ptr } from "bun:ffi";
import { handleOf, openKernel32 } from "../kernel32.ts";
import { once } from "../libc.ts";
import type { FlockAnswer, FlockMode } from "./flock.ts";

/**
 * LockFileEx in the place of flock(2). Windows keeps everybody else from reading and writing what is locked, so one byte is
 * taken that no file reaches: a record can be read while its session lives. The Rust tool locks all bytes there can
 * be, this one included. Freed when the process that took it ends, however it does; a child that inherits the handle
 * does not hold it.
 */
export function tryLockFileEx(descriptor: number, mode: FlockMode): FlockAnswer {
  const { LockFileEx, UnlockFileEx, GetLastError } = calls();
  const handle = handleOf(descriptor);
  // As with flock(2) a second call changes the mode; here it would find the first one in its way.
  UnlockFileEx(handle, 0, 1, 0, ptr(FAR_BYTE));
  const flags = LOCKFILE_FAIL_IMMEDIATELY | (mode === "exclusive" ? LOCKFILE_EXCLUSIVE_LOCK : 0);
  if (LockFileEx(handle, flags, 0, 1, 0, ptr(FAR_BYTE)) !== 0) return "held";
  return GetLastError() === ERROR_LOCK_VIOLATION ? "busy" : "unknown";
}

export function unlockFileEx(descriptor: number): void {
  calls().UnlockFileEx(handleOf(descriptor), 0, 1, 0, ptr(FAR_BYTE));
}

const calls = once(
  () =>
    openKernel32({
      LockFileEx: { args: ["i64", "u32", "u32", "u32", "u32", "ptr"], returns: "i32" },
      UnlockFileEx: { args: ["i64", "u32", "u32", "u32", "ptr"], returns: "i32" },
      GetLastError: { args: [], returns: "u32" },
    }).symbols,
);

/** An OVERLAPPED of 64-bit Windows, whose fifth and sixth word are the offset: 2^62. */
const FAR_BYTE = Uint32Array.of(0, 0, 0, 0, 0, 0x4000_0000, 0, 0);

const LOCKFILE_FAIL_IMMEDIATELY = 1;
const LOCKFILE_EXCLUSIVE_LOCK = 2;
const ERROR_LOCK_VIOLATION = 33;

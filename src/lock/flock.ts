import { read } from "bun:ffi";
import { disk, letGo } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { isAbsence } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { REGULAR_FILE } from "../fs/glance.ts";
import { CALLS, errno, isLinux, systemCall } from "../fs/linux.ts";
import { constants } from "../fs.ts";
import { once, openLibc } from "../libc.ts";
import { tryLockFileEx, unlockFileEx } from "./lock-file-ex.ts";

/**
 * flock(2): the lock belongs to the open file description, so a child that inherits the descriptor holds it too, and the kernel
 * frees it when the last copy is gone: at a crash, never during Ctrl-Z or a laptop's sleep (measured on Linux 6.18). Windows has
 * what comes nearest to it (`lock-file-ex.ts`).
 */
export type FlockMode = "exclusive" | "shared";

/** "unknown" where the system gave no clear answer (NFS without a lock server): nobody may be taken for dead on it. */
export type FlockAnswer = "held" | "busy" | "unknown";

/**
 * Opens a lock file, made with 0600 where it is missing. Its directory must exist.
 * @throws ClauthError `not_a_file` for anything but a regular file, `link_loop` for a symlink; otherwise as `domainError`
 */
export function openLockFile(path: string): number {
  return openRegular(path, constants.O_CREAT);
}

/** Opens a lock file that must exist already; a probe must never make one. Undefined where it is gone. */
export function openExistingLockFile(path: string): number | undefined {
  try {
    return openRegular(path, 0);
  } catch (error) {
    if (error instanceof ClauthError && isAbsence(error.cause)) return undefined;
    throw error;
  }
}

/** Asks for the lock without waiting. On a descriptor that holds it already this changes its mode. */
export function tryFlock(descriptor: number, mode: FlockMode): FlockAnswer {
  if (process.platform === "win32") return tryLockFileEx(descriptor, mode);
  for (let interrupted = 0; interrupted < 3; interrupted++) {
    if (flock(descriptor, (mode === "exclusive" ? LOCK_EX : LOCK_SH) | LOCK_NB) === 0) return "held";
    const reason = isLinux ? errno() : libc().errno();
    if (reason === EWOULDBLOCK) return "busy";
    if (reason !== EINTR) return "unknown";
  }
  return "unknown";
}

/** Frees the lock for every holder of a copy of this descriptor, and closes ours. */
export function unlockAndClose(descriptor: number): void {
  if (process.platform === "win32") unlockFileEx(descriptor);
  else flock(descriptor, LOCK_UN);
  letGo(descriptor);
}

/**
 * True where the path still names the file that the descriptor has open. A lock on a file that was unlinked meanwhile excludes
 * nobody: the next one makes a new file and locks that (traps 7 and 9).
 */
export function isStillLinked(descriptor: number, path: string): boolean {
  try {
    return disk.isOpenAt(path, descriptor);
  } catch (cause) {
    if (isAbsence(cause)) return false;
    throw domainError(cause, "look at", path);
  }
}

/** O_RDWR, because NFS maps an exclusive lock to a write lock on the bytes. */
function openRegular(path: string, flags: number): number {
  let descriptor: number;
  try {
    descriptor = disk.open(
      path,
      constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags,
      0o600,
    );
  } catch (cause) {
    throw domainError(cause, "open the lock", path);
  }
  try {
    if (disk.glanceOpen(descriptor).kind === REGULAR_FILE) return descriptor;
  } catch (cause) {
    letGo(descriptor);
    throw domainError(cause, "open the lock", path);
  }
  letGo(descriptor);
  throw new ClauthError({
    kind: "not_a_file",
    message: `${path} should be a lock file and is something else`,
    hint: "look at it with `ls -ld`, move it away, then try again",
    path,
  });
}

function flock(descriptor: number, operation: number): number {
  return isLinux ? systemCall(CALLS.flock, descriptor, operation) : libc().flock(descriptor, operation);
}

/** Opened where system calls can't be made by number. errno comes along, because opening a library changes errno itself. */
const libc = once(() => {
  const { flock, __error } = openLibc({
    flock: { args: ["i32", "i32"], returns: "i32" },
    __error: { args: [], returns: "ptr" },
  }).symbols;
  return {
    flock,
    errno: () => {
      const pointer = __error();
      return pointer === null ? 0 : read.i32(pointer);
    },
  };
});

// The operations have the same numbers everywhere; the error's differs.
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const EINTR = 4;
const EWOULDBLOCK = process.platform === "linux" ? 11 : 35;

import { ensureDirectory } from "../disk/directory.ts";
import { letGo } from "../disk/disk.ts";
import { ClauthError } from "../errors.ts";
import { basename, dirname } from "../path.ts";
import type { ProfilePaths, Store } from "../paths.ts";
import { pause } from "../pause.ts";
import { isStillLinked, openLockFile, tryFlock, unlockAndClose } from "./flock.ts";
import { enterLock, type LockRank, leaveLock } from "./order.ts";

/** A lock of our store: all of its files are locked, in this order. */
export type StoreLock = { readonly rank: LockRank; readonly files: readonly string[] };

/** The state lock: excludes every other clauth, the Rust tool included, from the store's state. Short sections only. */
export function stateLock(store: Pick<Store, "lock">): StoreLock {
  return { rank: "state", files: [store.lock] };
}

/** Excludes a token rotation of one profile by the Rust tool; older and newer ones lock different files. */
export function rotationLock(profile: Pick<ProfilePaths, "rotationLock" | "newRotationLock">): StoreLock {
  return { rank: "rotation", files: [profile.rotationLock, profile.newRotationLock] };
}

export type HeldLock = {
  /** Gives the lock back; a second call does nothing. */
  release(): void;
};

export type Patience = {
  /** How long to wait for another holder, in milliseconds. 0 asks once. */
  readonly waitMs: number;
};

/** As long as a command waits. */
export const PATIENCE: Patience = { waitMs: 5000 };

/** Runs `body` under the state lock, for a command. Errors as `acquireStoreLock`. */
export function withStateLock<T>(store: Pick<Store, "lock">, body: () => T): T {
  return withStoreLock(stateLock(store), PATIENCE, body);
}

/** Runs `body` under a store lock, and gives it back however `body` ends. Errors as `acquireStoreLock`. */
export function withStoreLock<T>(lock: StoreLock, patience: Patience, body: () => T): T {
  const held = acquireStoreLock(lock, patience);
  try {
    return body();
  } finally {
    held.release();
  }
}

/**
 * Takes a store lock, waiting a bounded time in real sleep.
 * @throws ClauthError `store_busy` (retry-safe) when the time is up, `lock_unavailable`, `profile_vanished`, `lock_order` for a bug
 * of ours; otherwise as `domainError`
 */
export function acquireStoreLock(lock: StoreLock, { waitMs }: Patience): HeldLock {
  enterLock(lock.rank);
  const descriptors: number[] = [];
  let deadline: number | undefined;
  try {
    for (const file of lock.files) {
      let descriptor = tryFile(file);
      if (descriptor === undefined) {
        deadline ??= now() + waitMs;
        descriptor = waitForFile(file, deadline, waitMs);
      }
      descriptors.push(descriptor);
    }
  } catch (error) {
    giveBack(lock, descriptors);
    throw error;
  }
  let released = false;
  return {
    release: () => {
      if (released) return;
      released = true;
      giveBack(lock, descriptors);
    },
  };
}

function giveBack(lock: StoreLock, descriptors: readonly number[]): void {
  leaveLock(lock.rank);
  for (const descriptor of descriptors) unlockAndClose(descriptor);
}

/** Apart from what needs no wait, as is `Math`: the engine makes either for the first function that names it (Bun 1.4.5: 0.1 ms). */
function now(): number {
  return performance.now();
}

/** Opens anew at each try: the file may be replaced while we wait (trap 7). */
function waitForFile(path: string, deadline: number, waitMs: number): number {
  for (let sleep = 1; ; sleep = Math.min(sleep * 2, 25)) {
    const left = deadline - now();
    if (left <= 0) throw storeBusy(path, waitMs);
    // A little chance keeps several waiters from asking in step.
    pause(Math.min(left, sleep * (0.5 + Math.random())));
    const descriptor = tryFile(path);
    if (descriptor !== undefined) return descriptor;
  }
}

function tryFile(path: string): number | undefined {
  const descriptor = openWithParent(path);
  try {
    const answer = tryFlock(descriptor, "exclusive");
    if (answer === "unknown") throw lockUnavailable(path);
    if (answer === "held" && isStillLinked(descriptor, path)) return descriptor;
  } catch (error) {
    letGo(descriptor);
    throw error;
  }
  letGo(descriptor);
  return undefined;
}

/** Makes the directory where it is missing, unless it is that of a profile: a removed profile must not come back half. */
function openWithParent(path: string): number {
  try {
    return openLockFile(path);
  } catch (error) {
    if (!(error instanceof ClauthError) || error.kind !== "concurrent_modification") throw error;
    const directory = dirname(path);
    if (basename(path) === "rotation.lock") throw profileVanished(directory, error);
    ensureDirectory(directory);
    return openLockFile(path);
  }
}

/** Where the directory of a profile is gone that was there a moment ago: it was removed, or renamed. */
export function profileVanished(directory: string, cause?: unknown): ClauthError {
  return new ClauthError({
    kind: "profile_vanished",
    message: `the profile's directory ${directory} is gone`,
    hint: "see which profiles there are: clauth list",
    path: directory,
    cause,
  });
}

/** Where the file system of a lock answers neither "held" nor "busy". */
export function lockUnavailable(path: string): ClauthError {
  return new ClauthError({
    kind: "lock_unavailable",
    message: `the file system of ${path} can't lock files`,
    hint: "set CLAUTH_HOME to a directory on a local disk",
    path,
  });
}

function storeBusy(path: string, waitMs: number): ClauthError {
  return new ClauthError({
    kind: "store_busy",
    message: `another clauth has held ${path} for more than ${waitMs} ms`,
    hint: "try again in a moment; `clauth sessions` shows who runs",
    path,
    retrySafe: true,
  });
}

import { join } from "node:path";
import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { procText } from "../disk/proc.ts";
import { isAbsence } from "../disk/read-file.ts";
import { ClauthError, errnoOf } from "../errors.ts";
import { nodeFs } from "../fs.ts";
import { enterLock, LOCK_ORDER, type LockRank, leaveLock, refuseWhileOursIsHeld } from "./order.ts";

/**
 * Claude Code's own locks: directories made by mkdir (the proper-lockfile protocol), taken for left behind when their mtime is
 * older than a limit. Seen on 2.1.197 and 2.1.329. Claude does not wait for ever: it writes `.claude.json` without its lock
 * after about 1.4 s, and loses a refreshed token when `.storage-write.lock` stays busy. So everything is prepared before one
 * is taken, and it is held for milliseconds.
 */
export type ClaudeLock = {
  readonly rank: LockRank;
  /** The lock directory itself. */
  readonly path: string;
  /** Claude's own limit for it: touched every second, ours never gets that old. */
  readonly staleMs: number;
};

/** For one copy of `.claude.json`. Claude locks beside the name that it uses, so the path is not resolved. */
export function claudeJsonLock(side: "tree" | "home", document: string): ClaudeLock {
  return { rank: `claude-json-${side}`, path: `${document}.lock`, staleMs: 10_000 };
}

/** For any change of `.credentials.json`. Hold it well under two seconds. */
export function storageWriteLock(configDirectory: string): ClaudeLock {
  return {
    rank: "claude-storage-write",
    path: join(configDirectory, ".storage-write.lock"),
    staleMs: 15_000,
  };
}

/** Held by Claude during a token refresh. A stray one costs its sessions 8 s a turn. Hold it under five seconds. */
export function oauthRefreshLock(configDirectory: string): ClaudeLock {
  return {
    rank: "claude-oauth-refresh",
    path: join(configDirectory, ".oauth_refresh.lock"),
    staleMs: 60_000,
  };
}

/** The other lock of a token refresh, beside the config directory. @param realConfigDirectory with all links resolved */
export function siblingLock(realConfigDirectory: string): ClaudeLock {
  return { rank: "claude-sibling", path: `${realConfigDirectory}.lock`, staleMs: 60_000 };
}

/**
 * Runs `body` while all of these locks are held. Takes all or none: while one is busy the others are given back, so that
 * waiting never makes Claude wait.
 * @param body prepared, and done in milliseconds; it may call `assertHeld` right before it writes
 * @param options.waitMs how long to try, 2 s where not given
 * @throws ClauthError `store_busy` (retry-safe) when the time is up, `lock_lost` (retry-safe) from `assertHeld`,
 * `lock_order` for a bug of ours; otherwise as `domainError`
 */
export async function withClaudeLocks<T>(
  locks: readonly ClaudeLock[],
  body: (assertHeld: () => void) => T | Promise<T>,
  options: { readonly waitMs?: number } = {},
): Promise<T> {
  if (locks.length === 0) return body(() => {});
  const ordered = locks.toSorted((a, b) => LOCK_ORDER.indexOf(a.rank) - LOCK_ORDER.indexOf(b.rank));
  const { lockSync } = await properLockfile();
  const entered = enterAll(ordered);
  try {
    const held = await takeAll(ordered, lockSync, options.waitMs ?? 2000);
    try {
      return await body(() => refuseLost(held));
    } finally {
      giveBack(held);
    }
  } finally {
    for (const rank of entered) leaveLock(rank);
  }
}

type Take = Awaited<ReturnType<typeof properLockfile>>["lockSync"];

type Held = {
  readonly lock: ClaudeLock;
  /** Inode and birth time of the directory that we made; inode numbers alone are used again at once. */
  readonly identity: string;
  /** Gives the directory back, and forgets it. */
  readonly release: () => void;
  /** Only forgets it. */
  readonly abandon: () => void;
};

/**
 * Loads the package. It brings signal-exit along, which listens to signals and so makes an ignored one (`nohup`) deadly
 * again: where a listener of ours stands already, it stays harmless (measured on Bun 1.4.5).
 */
async function properLockfile() {
  loading ??= keepIgnoredSignalsHarmless().then(() => import("proper-lockfile"));
  return loading;
}

let loading: Promise<typeof import("proper-lockfile")> | undefined;

async function keepIgnoredSignalsHarmless(): Promise<void> {
  const status = procText("/proc/self/status");
  const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  if (mask === 0n) return;
  const { constants } = await import("node:os");
  for (const [name, number] of Object.entries(constants.signals)) {
    if ((mask >> BigInt(number - 1)) & 1n) process.on(name, () => {});
  }
}

function enterAll(locks: readonly ClaudeLock[]): readonly LockRank[] {
  refuseWhileOursIsHeld();
  const entered: LockRank[] = [];
  try {
    for (const { rank } of locks) {
      enterLock(rank);
      entered.push(rank);
    }
  } catch (error) {
    for (const rank of entered) leaveLock(rank);
    throw error;
  }
  return entered;
}

async function takeAll(locks: readonly ClaudeLock[], take: Take, waitMs: number): Promise<readonly Held[]> {
  const deadline = performance.now() + waitMs;
  for (let sleep = 10; ; sleep = Math.min(sleep * 2, 100)) {
    const outcome = tryAll(locks, take);
    if (outcome.held !== undefined) return outcome.held;
    const left = deadline - performance.now();
    if (left <= 0) throw busy(outcome.busy, waitMs);
    await Bun.sleep(Math.min(left, sleep * (0.5 + Math.random())));
  }
}

type Outcome = { readonly held: readonly Held[] } | { readonly held?: undefined; readonly busy: ClaudeLock };

/** Without a pause in between: whoever waits for a processor while he holds one makes every claude wait. */
function tryAll(locks: readonly ClaudeLock[], take: Take): Outcome {
  const held: Held[] = [];
  for (const lock of locks) {
    try {
      held.push(takeOne(lock, take));
    } catch (cause) {
      giveBack(held);
      if (errnoOf(cause) !== "ELOCKED") throw domainError(cause, "lock", lock.path);
      if (isLeftBehind(lock)) takeAway(lock);
      return { busy: lock };
    }
  }
  return { held };
}

/**
 * By its own time the lock of a killed holder whose clock was hours ahead is held for hours. Who lives touches his more often than its
 * limit: one that this process saw untouched for that long was left behind too.
 */
function isLeftBehind({ path, staleMs }: ClaudeLock): boolean {
  const version = `${identityOf(path)}:${disk.lstatIfThere(path)?.mtimeNs}`;
  const now = performance.now();
  const known = seenBusy.get(path);
  if (known?.version === version) return now - known.sinceMs > staleMs;
  seenBusy.set(path, { version, sinceMs: now });
  return false;
}

const seenBusy = new Map<string, { readonly version: string; readonly sinceMs: number }>();

function takeAway({ path }: ClaudeLock): void {
  try {
    disk.removeEmptyDirectory(path);
  } catch {
    // Given back in this moment, or not ours to remove: then it is busy.
  }
}

/**
 * The lock's own path is given as the file, because proper-lockfile keeps its table by file: one file with two lock paths
 * would be mixed up. Its default for a lost lock throws out of a timer; ours is found by `assertHeld` and at the release.
 */
function takeOne(lock: ClaudeLock, take: Take): Held {
  let isAbandoned = false;
  const fs = nodeFs();
  const { mkdirSync, realpathSync, statSync, utimesSync } = fs;
  const rmdirSync = (path: string) => (isAbandoned ? undefined : fs.rmdirSync(path));
  const release = take(lock.path, {
    fs: { mkdirSync, realpathSync, rmdirSync, statSync, utimesSync },
    lockfilePath: lock.path,
    realpath: false,
    stale: lock.staleMs,
    update: 1000,
    retries: 0,
    onCompromised: () => {},
  });
  const abandon = () => {
    isAbandoned = true;
    release();
  };
  try {
    return { lock, identity: identityOf(lock.path) ?? "", release, abandon };
  } catch (cause) {
    release();
    throw cause;
  }
}

/**
 * In reverse. A lock that was taken from us meanwhile (a laptop's sleep) is its new owner's: left alone. One that can't be
 * looked at is most likely still ours, and a stray one would cost Claude's sessions a minute.
 */
function giveBack(held: readonly Held[]): void {
  for (const one of held.toReversed()) {
    try {
      // What nobody gave back proper-lockfile goes on touching, and throws out of its timer once it can't.
      if (isTaken(one)) one.abandon();
      else one.release();
    } catch {
      // Gone already, which is what was wanted.
    }
  }
}

function isTaken({ lock, identity }: Held): boolean {
  try {
    return identityOf(lock.path) !== identity;
  } catch {
    return false;
  }
}

function refuseLost(held: readonly Held[]): void {
  for (const { lock, identity } of held) {
    if (identityOf(lock.path) === identity) continue;
    throw new ClauthError({
      kind: "lock_lost",
      message: `${lock.path} was taken by another program while this one slept`,
      hint: "try again",
      path: lock.path,
      retrySafe: true,
    });
  }
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino, birthtimeNs } = disk.timesOf(path);
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    throw domainError(cause, "look at", path);
  }
}

function busy(lock: ClaudeLock, waitMs: number): ClauthError {
  return new ClauthError({
    kind: "store_busy",
    message: `Claude Code has held ${lock.path} for more than ${waitMs} ms`,
    hint: "try again in a moment",
    path: lock.path,
    retrySafe: true,
  });
}

import { statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { attempt } from "../disk/attempt.ts";
import { letGo } from "../disk/disk.ts";
import { statFile } from "../disk/read-file.ts";
import { openExistingLockFile, tryFlock } from "../lock/flock.ts";
import { lockUnavailable } from "../lock/store-lock.ts";
import { claudeHomeOf, profilePathsOf, type Store } from "../paths.ts";
import { findProfiles } from "../profile/profiles.ts";
import { checkLinks } from "./check-links.ts";
import { attempted, type Finding } from "./finding.ts";
import { checkStaleLocks } from "./stale-locks.ts";

/** What the machine gives: links, room on the disk, a clock that does not run behind, and no lock that a killed claude left. */
export function checkMachine(context: Context, store: Store): readonly Finding[] {
  return [
    ...checkLinks(context, store),
    ...attempted("disk", () => checkSpace(store.root, freeBytes(store.root))),
    ...attempted("clock", () => checkClock(writtenFiles(context, store), Date.now())),
    ...attempted("locks", () => canLock(store)),
    ...attempted("locks", () => checkStaleLocks(context, store)),
  ];
}

/** A session writes some megabytes: its history, and each file anew beside the old one. */
export function checkSpace(path: string, free: number): readonly Finding[] {
  if (free >= 200 * MIB) return [];
  const level = free < 10 * MIB ? "problem" : "warning";
  const message = `${Math.floor(free / MIB)} MiB are free where ${path} is`;
  return [
    { check: "disk", level, message, hint: "free some space: what can't be written is not carried", path },
  ];
}

const MIB = 1024 * 1024;

/** The store may not be there yet. */
function freeBytes(path: string): number {
  if (statFile(path) === undefined && dirname(path) !== path) return freeBytes(dirname(path));
  const { bavail, bsize } = attempt("look at", path, () => statfsSync(path));
  return bavail * bsize;
}

type Written = { readonly path: string; readonly mtimeMs: number };

/** Which login is newer goes by time, and so does a token's end. */
export function checkClock(files: readonly Written[], now: number): readonly Finding[] {
  const latest = files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)[0];
  if (latest === undefined || latest.mtimeMs <= now + AHEAD_MS) return [];
  const { path, mtimeMs } = latest;
  const message = `${path} was written at ${new Date(mtimeMs).toISOString()}, which is in the future: the clock is behind, or was ahead`;
  return [
    {
      check: "clock",
      level: "warning",
      message,
      hint: "set the clock; if it is right: save the file anew",
      path,
    },
  ];
}

/** Network file systems have clocks of their own. */
const AHEAD_MS = 5 * 60_000;

function writtenFiles(context: Context, store: Store): readonly Written[] {
  const { json, credentials } = claudeHomeOf(context.home);
  const own = findProfiles(store).flatMap((name) => {
    const paths = profilePathsOf(store, name);
    return [paths.credentials, join(paths.runtime, ".claude.json")];
  });
  return [json, credentials, store.config, ...own].flatMap((path) => {
    const stat = statFile(path);
    return stat === undefined ? [] : [{ path, mtimeMs: Number(stat.mtimeNs / 1_000_000n) }];
  });
}

/**
 * Asks the first lock of the store that is there; none is made.
 * @throws ClauthError `lock_unavailable`, which stops each start
 */
function canLock(store: Store): readonly Finding[] {
  const paths = findProfiles(store).map((name) => profilePathsOf(store, name).rotationLock);
  for (const path of [store.lock, ...paths]) {
    const descriptor = openExistingLockFile(path);
    if (descriptor === undefined) continue;
    const answer = tryFlock(descriptor, "shared");
    letGo(descriptor);
    if (answer === "unknown") throw lockUnavailable(path);
    break;
  }
  return [];
}

import { checkpoint } from "../checkpoint.ts";
import { ensureDirectory, listDirectory } from "../disk/directory.ts";
import { disk, letGo } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { ClauthError } from "../errors.ts";
import { constants } from "../fs.ts";
import { isStillLinked, openExistingLockFile, tryFlock } from "../lock/flock.ts";
import { basename, join } from "../path.ts";
import type { ProfilePaths } from "../paths.ts";
import { judgeLiveness, type Liveness, placeHere } from "./liveness.ts";
import { decodeFacts, encodeFacts, type SessionFacts } from "./session-facts.ts";

/**
 * A record says that a clauth session lives: a file of `sessions/` that is flock-ed from before claude starts until the shim
 * AND claude (which inherits the descriptor) are gone. The lock is the truth; the text inside is for people.
 */
export type HeldRecord = {
  readonly path: string;
  /** To be inherited by claude. Never unlocked by hand: that would free it for claude too. */
  readonly fd: number;
  readonly facts: SessionFacts;
};

export type SessionRecord = {
  readonly path: string;
  readonly liveness: Liveness;
  /** Undefined for a record of the Rust tool, and for one that was cut off by a power loss. */
  readonly facts: SessionFacts | undefined;
};

type SessionsOf = Pick<ProfilePaths, "sessions">;

/**
 * Makes and locks the record of a new session. Call it under the state lock.
 * @throws ClauthError `session_vanished` (retry-safe) where something keeps removing it; otherwise as `domainError`
 */
export function createRecord(
  paths: SessionsOf,
  session: { readonly profile: string; readonly cwd: string },
): HeldRecord {
  ensureDirectory(paths.sessions);
  const facts: SessionFacts = {
    profile: session.profile,
    pid: process.pid,
    claudePid: null,
    cwd: session.cwd,
    started: new Date().toISOString(),
    place: placeHere(),
  };
  for (let attempt = 0; attempt < 5; attempt++) {
    const held = tryCreate(join(paths.sessions, newName()), facts);
    if (held !== undefined) return held;
  }
  throw vanished(paths.sessions);
}

/** Notes claude's process id once it has started. In place, because the lock is on this very inode. */
export function updateRecord(held: HeldRecord, started: { readonly claudePid: number }): HeldRecord {
  const updated = { ...held, facts: { ...held.facts, claudePid: started.claudePid } };
  try {
    writeFacts(updated);
  } catch (cause) {
    throw domainError(cause, "write", held.path);
  }
  return updated;
}

/** Ends the session, with claude gone. The name goes while the lock is still held: whoever looks meanwhile sees it live, or over. */
export function releaseRecord(held: HeldRecord): void {
  try {
    if (isStillRecorded(held)) disk.unlink(held.path);
  } catch (cause) {
    throw domainError(cause, "remove", held.path);
  } finally {
    letGo(held.fd);
  }
}

/** False where another tool took the record's name away, and perhaps gave it to another file. */
export function isStillRecorded(held: HeldRecord): boolean {
  return isStillLinked(held.fd, held.path);
}

/** Lets go of the record without removing it. */
export function abandonRecord(held: HeldRecord): void {
  letGo(held.fd);
}

/**
 * All records of a profile. Looking at one locks it for a moment where it is free.
 * @throws ClauthError where the directory can't be read: the caller must then take every session for live (trap 8)
 */
export function listRecords(paths: SessionsOf): SessionRecord[] {
  return eachRecord(paths, (record) => record);
}

/**
 * Removes the records of dead sessions and returns them. Call it under the state lock.
 * @param options.unknown removes those too of which it can't be known: for `doctor --fix`, where the user said so
 */
export function pruneDead(paths: SessionsOf, options: { readonly unknown?: boolean } = {}): SessionRecord[] {
  return eachRecord(paths, (record, free) => {
    const gone = record.liveness === "dead" || (options.unknown === true && record.liveness === "unknown");
    // Unlinked only while our probe holds its lock; what could not be locked may have an owner.
    if (gone && free) removeFile(record.path);
    return gone && free ? record : undefined;
  });
}

function tryCreate(path: string, facts: SessionFacts): HeldRecord | undefined {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  let fd: number | undefined;
  try {
    fd = disk.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    checkpoint("record-created");
    const held = { path, fd, facts };
    // Another tool may have found the file before we locked it, and taken it for a dead session's (trap 9).
    if (tryFlock(fd, "exclusive") === "held" && isStillLinked(fd, path)) {
      writeFacts(held);
      checkpoint("record-written");
      return held;
    }
    letGo(fd);
    return undefined;
  } catch (cause) {
    if (fd !== undefined) {
      letGo(fd);
      removeFile(path);
    }
    throw domainError(cause, "record the session in", path);
  }
}

/** One write of a few hundred bytes: a reader sees the old text or the new one. */
function writeFacts(held: HeldRecord): void {
  const bytes = encodeFacts(held.facts);
  for (let done = 0; done < bytes.length; ) done += disk.write(held.fd, bytes.subarray(done), 0, done);
  disk.truncate(held.fd, bytes.length);
}

/** Opens each record, judges it, hands it to `visit` while the probe's lock is held, and keeps what comes back. */
function eachRecord<T>(
  paths: SessionsOf,
  visit: (record: SessionRecord, free: boolean) => T | undefined,
): T[] {
  const results: T[] = [];
  for (const name of listDirectory(paths.sessions)) {
    if (!/^\d+(-[0-9a-z]+)?$/.test(name)) continue;
    const result = probe(join(paths.sessions, name), visit);
    if (result !== undefined) results.push(result);
  }
  return results;
}

/** A record that vanishes before it is opened is over; one that can't be opened counts as unknown, and so as alive. */
function probe<T>(
  path: string,
  visit: (record: SessionRecord, free: boolean) => T | undefined,
): T | undefined {
  let fd: number | undefined;
  try {
    fd = openExistingLockFile(path);
  } catch {
    return visit({ path, liveness: "unknown", facts: undefined }, false);
  }
  if (fd === undefined) return undefined;
  try {
    const lock = tryFlock(fd, "exclusive");
    if (lock === "held" && !isStillLinked(fd, path)) return undefined;
    const facts = readFacts(path);
    const { place, started, claudePid = null } = facts ?? {};
    const liveness = judgeLiveness({ lock, place, started, claudePid, path });
    return visit({ path, liveness, facts }, lock === "held");
  } finally {
    letGo(fd);
  }
}

/** An unreadable text says nothing; the lock still does. */
function readFacts(path: string): SessionFacts | undefined {
  try {
    const content = readRegularFile(path, { maxBytes: 64 * 1024 });
    return content === undefined ? undefined : decodeFacts(content.bytes);
  } catch {
    return undefined;
  }
}

/** Another one each time, also where another PID namespace has our number: by the clock, and by the nanoseconds that this process lives. */
function newName(): string {
  return `${process.pid}-${Date.now().toString(36)}${Bun.nanoseconds().toString(36)}`;
}

function vanished(sessions: string): ClauthError {
  return new ClauthError({
    kind: "session_vanished",
    message: `another program keeps removing our record from ${basename(sessions)}`,
    hint: "try again; `clauth sessions` shows who runs",
    path: sessions,
    retrySafe: true,
  });
}

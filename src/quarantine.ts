import { checkpoint } from "./checkpoint.ts";
import { attempt } from "./disk/attempt.ts";
import { haveSameBytes } from "./disk/compare-files.ts";
import { ensureDirectory, listDirectory } from "./disk/directory.ts";
import { disk } from "./disk/disk.ts";
import { domainError } from "./disk/errno.ts";
import { piecesOf } from "./disk/pieces.ts";
import { type FileContent, readRegularFile, sameFile, statFile } from "./disk/read-file.ts";
import { removeTemporary } from "./disk/replace-judged.ts";
import {
  equalBytes,
  publishTemporary,
  syncDirectory,
  temporaryBeside,
  writeFileAtomic,
  writeNewFile,
} from "./disk/write-file.ts";
import { ClauthError, errnoOf } from "./errors.ts";
import { constants } from "./fs.ts";
import type { Json } from "./json.ts";
import { judgeCredentials } from "./merge/judge-credentials.ts";
import { join } from "./path.ts";

/**
 * Quarantine, `profiles/<name>/backups/`: where every losing or damaged byte goes. Whole files as `<UTC time>-<what>`,
 * single lost values as lines of conflicts.jsonl. Files 0600: the values may be secrets, and the log never has them.
 */

/** How many files of each kind stay. */
const KEPT = 20;

/**
 * How many stay of what was removed below one name at the top of claude home, while all together are no larger than the limit
 * in bytes: transcripts are. Kinds of their own they are not: most stand for a name that never comes again (a session).
 */
const KEPT_REMOVED = 200;
const REMOVED_LIMIT = 512 * 1024 * 1024;

/** What stands before the name of a file that was removed, and nothing took its place. */
export const REMOVED = "removed/";

/** In bytes; past it the older half of the lines goes. */
const CONFLICTS_LIMIT = 1024 * 1024;

type Backups = { readonly backups: string };

/**
 * Stores `bytes` under the time and `what` (the name of the file that they were; slashes become `+`). Content that is
 * there already under the same `what` is not stored again.
 * @returns the absolute path of the file that now holds the bytes
 * @throws ClauthError as `domainError`: then the caller must not drop the bytes either
 */
export function quarantineFile(paths: Backups, what: string, bytes: Uint8Array): string {
  ensureDirectory(paths.backups);
  const kind = kindOf(what);
  const hash = Bun.hash(bytes);
  const stored = findStored(paths.backups, kind, (path) => {
    const known = hashes.get(path) ?? hash;
    return known === hash && holds(path, bytes);
  });
  const path = stored ?? storeKept(paths.backups, kind, bytes) ?? store(paths.backups, kind, [bytes]);
  hashes.set(path, hash);
  return path;
}

/**
 * Puts a login on the disk that will go into quarantine at its next rotation, so that nobody waits for the disk then. It is kept under a
 * name that is none of quarantine's, one for each profile. One that was kept and got no name since is stored: another program replaced
 * it, or a power loss took the name.
 * @throws ClauthError as `domainError`
 */
export function keepForQuarantine(paths: Backups, login: Uint8Array): void {
  ensureDirectory(paths.backups);
  const kept = join(paths.backups, KEPT_LOGIN);
  const before = readRegularFile(kept);
  if (before === undefined || !equalBytes(before.bytes, login)) {
    if (before !== undefined && disk.lstat(kept).nlink === 1n)
      linkKept(paths.backups, "credentials-rotated", before);
    writeFileAtomic(kept, login, { mode: 0o600, sync: true, expect: before ?? "absent" });
  }
  checkpoint("kept-for-quarantine");
  keptOnDisk = Bun.hash(login);
}

const KEPT_LOGIN = ".next-login";

/** What this process kept: it is on the disk, its own name too. */
let keptOnDisk: number | bigint | undefined;

/** Gives the login that was kept its name in quarantine, where it is these bytes: nothing is written. */
function storeKept(backups: string, kind: string, bytes: Uint8Array): string | undefined {
  const kept = join(backups, KEPT_LOGIN);
  if (!hasSize(kept, BigInt(bytes.length))) return undefined;
  const content = readRegularFile(kept);
  if (content === undefined || !equalBytes(content.bytes, bytes)) return undefined;
  const path = linkKept(backups, kind, content);
  if (path !== undefined && keptOnDisk !== Bun.hash(bytes)) syncDirectory(backups);
  return path;
}

/** Undefined where the file system has no hard links, or where another process kept another login in that moment. */
function linkKept(backups: string, kind: string, { stat }: FileContent): string | undefined {
  try {
    const path = publish(backups, kind, (name) => disk.link(join(backups, KEPT_LOGIN), name));
    if (sameFile(disk.lstat(path), stat)) return path;
    disk.unlink(path);
  } catch {}
  return undefined;
}

/**
 * Of the files that this process has read, which nobody changes: each is read once, whatever is looked for. Found to be the same, it
 * is read again.
 */
const hashes = new Map<string, number | bigint>();

function holds(path: string, bytes: Uint8Array): boolean {
  if (!hasSize(path, BigInt(bytes.length))) return false;
  const content = readRegularFile(path, { maxBytes: bytes.length });
  if (content === undefined) return false;
  hashes.set(path, Bun.hash(content.bytes));
  return equalBytes(content.bytes, bytes);
}

/**
 * The same of a file of any size, as it is read: the caller makes sure that it did not change meanwhile.
 * @throws as `quarantineFile`
 */
export function quarantineCopy(paths: Backups, what: string, path: string): string {
  ensureDirectory(paths.backups);
  const kind = kindOf(what);
  return attempt("set aside", path, () => {
    const { size } = disk.lstat(path);
    const stored = findStored(
      paths.backups,
      kind,
      (other) => hasSize(other, size) && haveSameBytes(path, other),
    );
    return stored ?? store(paths.backups, kind, piecesOf(path, false));
  });
}

/** Stores what another program wrote in the moment of a write of ours, and which stands under a temporary name alone by now. */
export function quarantineDisplaced(paths: Backups, what: string, path: string): void {
  if (disk.lstatIfThere(path)?.isFile()) quarantineCopy(paths, what, path);
}

/**
 * Removes all but the newest 20 of each kind (of removed files, the newest 200 or 512 MiB of one top-level name), and never the newest login of an account. The caller holds the state lock.
 * @returns the names that were removed
 */
export function pruneQuarantine(paths: Backups): string[] {
  const removed: string[] = [];
  for (const [kind, names] of kindsIn(paths.backups)) {
    if (names.length <= KEPT) continue;
    const newestFirst = names.sort().reverse();
    const areRemoved = kind.startsWith(kindOf(REMOVED));
    const kept = areRemoved ? countKept(paths.backups, newestFirst) : KEPT;
    const logins = areRemoved ? new Set() : lastLogins(paths.backups, newestFirst);
    for (const name of newestFirst.slice(kept)) {
      if (logins.has(name)) continue;
      const path = join(paths.backups, name);
      attempt("remove", path, () => disk.unlink(path));
      removed.push(name);
    }
  }
  return removed;
}

/** A value that lost at `key` to the one that was kept there, or that went because the other side deleted the key. */
export type Conflict =
  | { readonly key: readonly string[]; readonly kept: Json | undefined; readonly lost: Json }
  | { readonly key: readonly string[]; readonly value: Json };

/** Appends a line for each to conflicts.jsonl: {time, file, key, kept, lost}. `file` is the document's name. */
export function recordConflicts(
  paths: Backups & { readonly conflicts: string },
  file: string,
  conflicts: readonly Conflict[],
): void {
  if (conflicts.length === 0) return;
  const time = new Date().toISOString();
  ensureDirectory(paths.backups);
  const lines = conflicts.map((conflict) => {
    const { kept, lost } = "value" in conflict ? { kept: undefined, lost: conflict.value } : conflict;
    return `${JSON.stringify({ time, file, key: conflict.key, kept: kept ?? null, lost })}\n`;
  });
  append(paths.conflicts, new TextEncoder().encode(lines.join("")));
  shorten(paths.conflicts);
}

/** The part of a stored name behind its time: one kind is one file's history. */
export function quarantineKind(name: string): string | undefined {
  return /^\d{8}T\d{9}Z-(.+)$/.exec(name)?.[1];
}

/** A name of at most 150 of the characters that every file system takes. */
function kindOf(what: string): string {
  const safe = what.replaceAll("/", "+").replace(/[^A-Za-z0-9._@+-]/g, "_");
  return safe.length <= 150 ? safe : `${safe.slice(0, 130)}-${Bun.hash(what).toString(36)}`;
}

/** "20261121T103627123Z": sorts by time, and no character that Windows refuses. */
function timeName(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:.]/g, "");
}

function findStored(backups: string, kind: string, isSame: (path: string) => boolean): string | undefined {
  for (const name of listDirectory(backups)) {
    if (!name.endsWith(kind) || quarantineKind(name) !== kind) continue;
    const path = join(backups, name);
    if (isSame(path)) return path;
  }
  return undefined;
}

function hasSize(path: string, size: bigint): boolean {
  return statFile(path)?.size === size;
}

function store(backups: string, kind: string, pieces: Iterable<Uint8Array, void>): string {
  const temporary = temporaryBeside(join(backups, kind));
  try {
    writeNewFile(temporary, pieces, { mode: 0o600, sync: true });
    const path = publish(backups, kind, (name) => publishTemporary(temporary, name, "absent"));
    syncDirectory(backups);
    return path;
  } catch (cause) {
    removeTemporary(temporary);
    throw domainError(cause, "write", temporary);
  }
}

/** Two files of one kind in one millisecond: the second gets the next free millisecond. */
function publish(backups: string, kind: string, put: (path: string) => void): string {
  for (let time = Date.now(); ; time++) {
    const path = join(backups, `${timeName(time)}-${kind}`);
    try {
      put(path);
      return path;
    } catch (error) {
      const isTaken =
        error instanceof ClauthError ? error.kind === "concurrent_modification" : errnoOf(error) === "EEXIST";
      if (!isTaken) throw error;
    }
  }
}

function kindsIn(backups: string): Map<string, string[]> {
  const kinds = new Map<string, string[]>();
  for (const name of listDirectory(backups)) {
    const kind = quarantineKind(name);
    if (kind === undefined) continue;
    const group = kind.startsWith(kindOf(REMOVED)) ? kind.split("+", 2).join("+") : kind;
    const names = kinds.get(group);
    if (names === undefined) kinds.set(group, [name]);
    else names.push(name);
  }
  return kinds;
}

/** Of removed files, the newest first. */
function countKept(backups: string, names: readonly string[]): number {
  let bytes = 0n;
  for (const [index, name] of names.slice(0, KEPT_REMOVED).entries()) {
    bytes += statFile(join(backups, name))?.size ?? 0n;
    if (index >= KEPT && bytes > REMOVED_LIMIT) return index;
  }
  return KEPT_REMOVED;
}

/** The newest file of each account that holds a login. Those that name no account (older Claude Code) count as one. */
function lastLogins(backups: string, newestFirst: readonly string[]): Set<string> {
  const newest = new Map<string, string>();
  for (const name of newestFirst) {
    const path = join(backups, name);
    const content = disk.lstatIfThere(path)?.isFile() ? readRegularFile(path) : undefined;
    const judged = content === undefined ? undefined : judgeCredentials(content.bytes);
    const account = judged?.accountUuid ?? "";
    if (judged?.login && !newest.has(account)) newest.set(account, name);
  }
  return new Set(newest.values());
}

/** All of it or nothing: half a line would spoil the next one. Writers of one profile's lines hold its base guard. */
function append(path: string, lines: Uint8Array): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  attempt("append to", path, () => {
    const descriptor = disk.open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      const before = Number(disk.statOpen(descriptor).size);
      try {
        for (let done = 0; done < lines.length; ) done += disk.write(descriptor, lines, done);
      } catch (cause) {
        disk.truncate(descriptor, before);
        throw cause;
      }
    } finally {
      disk.close(descriptor);
    }
  });
}

function shorten(path: string): void {
  if ((statFile(path)?.size ?? 0n) <= BigInt(CONFLICTS_LIMIT)) return;
  const content = readRegularFile(path);
  if (content === undefined) return;
  const half = content.bytes.indexOf(10, content.bytes.length - CONFLICTS_LIMIT / 2) + 1;
  writeFileAtomic(path, content.bytes.subarray(half), { mode: 0o600, expect: content });
}

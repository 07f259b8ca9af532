import { Database, type Statement } from "bun:sqlite";
import { constants } from "node:fs";
import { join } from "node:path";
import { ensureDirectory } from "../disk/directory.ts";
import { disk, letGo } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { removeFile } from "../disk/remove-file.ts";
import { ClauthError } from "../errors.ts";
import { MIRROR_INDEX } from "../paths.ts";

/**
 * What both sides looked like when they last agreed, one row per file and directory. SQLite, which is part of Bun: a tick reads
 * and writes the rows of what changed, whatever the size of the tree. Of 100,000 rows one is found, replaced and
 * made durable in 1 ms; a shard of JSON per directory takes 0.7 ms for 100 files in it, 4 for 1,000, 11 for 10,000, and is torn
 * from its neighbours by a kill (Bun 1.4.5, ext4).
 */
export type MirrorIndex = Disposable & {
  /** The rows of one directory by name; "" is the root. */
  readonly entriesOf: (directory: string) => ReadonlyMap<string, Agreed>;
  readonly find: (path: string) => Agreed | undefined;
  readonly put: (path: string, agreed: Agreed) => void;
  /** Drops a row and those below it. */
  readonly forget: (path: string) => void;
  /** How many files are known, counted no further than `limit`. */
  readonly countFiles: (limit: number) => number;
  /** Makes what was put and forgotten since the last time durable. */
  readonly commit: () => void;
  /** Without a commit what was put since the last one is dropped. */
  readonly [Symbol.dispose]: () => void;
};

export type Agreed = {
  readonly type: "file" | "directory" | "link";
  /** SHA-256 of a file's bytes; the text of a link, as claude home has it; "" for a directory. */
  readonly hash: string;
  readonly size: number;
  readonly home: Known;
  readonly tree: Known;
};

/** One side as it was: `mark` of `sight.ts`, "" where it has to be read to be known again. */
export type Known = { readonly mark: string; readonly mode: number };

/**
 * Opens the index of one tree, and keeps every other process out of it until it is closed. Nothing on the disk changes by that.
 * One that is damaged, or none of ours, is begun anew.
 * @param trusted false drops what it says
 * @throws ClauthError `mirror_busy` (retry-safe) where another process has it open; otherwise as `indexError`
 */
export function openMirrorIndex(base: string, trusted: boolean): MirrorIndex {
  ensureDirectory(base);
  const path = join(base, MIRROR_INDEX);
  try {
    makeWay(path);
    return opened(path, trusted);
  } catch (error) {
    if (!isDamage(error)) throw indexError(error, path);
  }
  dropMirrorIndex(base);
  try {
    makeWay(path);
    return opened(path, trusted);
  } catch (error) {
    throw indexError(error, path);
  }
}

/** Removes a damaged index. It holds nothing that can't be found out again: without it both sides are united. */
export function dropMirrorIndex(base: string): void {
  for (const suffix of ["", "-journal"]) removeFile(join(base, `${MIRROR_INDEX}${suffix}`));
}

export function isOfIndex(error: unknown): boolean {
  return codeOf(error).startsWith("SQLITE_");
}

/** What no other try would read, either: no database, or one whose tables are not ours. */
export function isDamage(error: unknown): boolean {
  return DAMAGED.has(codeOf(error));
}

const DAMAGED: ReadonlySet<string> = new Set(["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR"]);

/** SQLite opens what is there with the mode that it has, and gives its journal the same. */
function makeWay(path: string): void {
  const stat = disk.lstatIfThere(path);
  if (stat?.isFile()) {
    // Windows shows one mode for all of its files.
    if (process.platform !== "win32" && (stat.mode & 0o077n) !== 0n) disk.chmod(path, 0o600);
    return;
  }
  if (stat?.isDirectory()) disk.rename(path, `${path}.${Date.now()}`);
  else if (stat !== undefined) disk.unlink(path);
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  letGo(disk.open(path, O_RDWR | O_CREAT | O_EXCL, 0o600));
}

/** What SQLite or the system refused, with its meaning for the user. */
export function indexError(error: unknown, path: string): ClauthError {
  const code = codeOf(error);
  if (!isOfIndex(error)) return domainError(error, "use", path);
  if (code.startsWith("SQLITE_BUSY")) return busy(path);
  const errno = Object.entries(ERRNOS).find(([start]) => code.startsWith(start))?.[1];
  return domainError(Object.assign(new Error(code), { code: errno ?? code }), "use", path);
}

const ERRNOS = {
  SQLITE_FULL: "ENOSPC",
  SQLITE_READONLY: "EROFS",
  SQLITE_CANTOPEN: "EACCES",
  SQLITE_PERM: "EACCES",
} as const;

function opened(path: string, trusted: boolean): MirrorIndex {
  const database = new Database(path, { readwrite: true, strict: true });
  try {
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    // Of all journals the one that touches nothing where nothing is written: no file comes or goes.
    database.run("PRAGMA journal_mode = TRUNCATE");
    database.run("PRAGMA synchronous = FULL");
    database.run("BEGIN IMMEDIATE");
    if (versionOf(database) !== VERSION) remake(database);
    refuseOthers(database);
    if (!trusted) database.run("DELETE FROM entry");
    return indexOf(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function versionOf(database: Database): number {
  using query = database.prepare<{ user_version: number }, []>("PRAGMA user_version");
  return query.get()?.user_version ?? 0;
}

function remake(database: Database): void {
  database.run("DROP TABLE IF EXISTS entry");
  database.run(TABLE);
  database.run(`PRAGMA user_version = ${VERSION}`);
}

/** Before any statement is kept: one that is keeps the file open, and Windows removes no such file. */
function refuseOthers(database: Database): void {
  using _ = database.prepare(PUT);
}

const PUT = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

const VERSION = 1;

const TABLE = `CREATE TABLE entry (
  directory TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL,
  homeMark TEXT NOT NULL, homeMode INTEGER NOT NULL, treeMark TEXT NOT NULL, treeMode INTEGER NOT NULL,
  PRIMARY KEY (directory, name)) WITHOUT ROWID, STRICT`;

type Row = {
  readonly name: string;
  readonly type: Agreed["type"];
  readonly hash: string;
  readonly size: number;
  readonly homeMark: string;
  readonly homeMode: number;
  readonly treeMark: string;
  readonly treeMode: number;
};

function indexOf(database: Database): MirrorIndex {
  const inDirectory = database.prepare<Row, [string]>("SELECT * FROM entry WHERE directory = ?");
  const one = database.prepare<Row, [string, string]>("SELECT * FROM entry WHERE directory = ? AND name = ?");
  const replace = database.prepare(PUT);
  const drop = database.prepare("DELETE FROM entry WHERE directory = ? AND name = ?");
  // "0" is the character after "/": all directories below one.
  const dropBelow = database.prepare(
    "DELETE FROM entry WHERE directory = ?1 OR (directory > ?1 || '/' AND directory < ?1 || '0')",
  );
  const count = database.prepare<{ files: number }, [number]>(
    "SELECT count(*) AS files FROM (SELECT 1 FROM entry WHERE type = 'file' LIMIT ?)",
  );
  const statements: readonly Statement[] = [inDirectory, one, replace, drop, dropBelow, count];
  return {
    entriesOf: (directory) =>
      new Map(inDirectory.all(directory).map((row) => [row.name, agreedOf(row)] as const)),
    find: (path) => {
      const row = one.get(...placeOf(path));
      return row === null ? undefined : agreedOf(row);
    },
    put: (path, { type, hash, size, home, tree }) => {
      replace.run(...placeOf(path), type, hash, size, home.mark, home.mode, tree.mark, tree.mode);
    },
    forget: (path) => {
      drop.run(...placeOf(path));
      dropBelow.run(path);
    },
    countFiles: (limit) => count.get(limit)?.files ?? 0,
    commit: () => {
      database.run("COMMIT");
      // The lock stays ours in between.
      database.run("BEGIN IMMEDIATE");
    },
    [Symbol.dispose]: () => {
      for (const statement of statements) statement.finalize();
      database.close();
    },
  };
}

function agreedOf({ type, hash, size, homeMark, homeMode, treeMark, treeMode }: Row): Agreed {
  return {
    type,
    hash,
    size,
    home: { mark: homeMark, mode: homeMode },
    tree: { mark: treeMark, mode: treeMode },
  };
}

function placeOf(path: string): [directory: string, name: string] {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? ["", path] : [path.slice(0, slash), path.slice(slash + 1)];
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function busy(path: string): ClauthError {
  return new ClauthError({
    kind: "mirror_busy",
    message: "another pass is under way",
    hint: "try again in a moment",
    path,
    retrySafe: true,
  });
}

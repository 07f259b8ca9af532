import { disk } from "../disk/disk.ts";
import { type FileStat, fileStat, isAbsence } from "../disk/read-file.ts";
import { errnoOf } from "../errors.ts";
import type { Stats } from "../fs.ts";
import type { Side } from "../merge/three-way.ts";

export type Sides<T> = { readonly home: T; readonly tree: T };

/** What stands at one name of one side. */
export type Sight =
  | { readonly type: "absent" }
  | FileSight
  | DirectorySight
  /** Of the tree: one of claude home is what it leads to. */
  | { readonly type: "link"; readonly text: string }
  /** Something that is neither carried nor judged, and that nothing may replace. */
  | { readonly type: "blocked"; readonly why: string };

/** `linked`: claude home has a link to it here. */
export type FileSight = { readonly type: "file"; readonly stat: FileStat; readonly linked: boolean };
export type DirectorySight = {
  readonly type: "directory";
  readonly stat: FileStat;
  readonly linked: boolean;
};

export const ABSENT: Sight = { type: "absent" };

/**
 * Looks at one name. A link of claude home is what it leads to: the user arranged it so (a dotfiles repository). In the tree
 * we put none but those that others made there: it is a link and not followed.
 */
export function lookAt(side: Side, path: string): Sight {
  try {
    const named = disk.lstatIfThere(path);
    if (named === undefined) return ABSENT;
    if (!named.isSymbolicLink()) return sightOf(named, false);
    if (side === "tree") return { type: "link", text: disk.readlink(path) };
    return lookBehind(path);
  } catch (cause) {
    return isAbsence(cause) ? ABSENT : blocked(unreadable(side, cause));
  }
}

function lookBehind(path: string): Sight {
  try {
    return sightOf(disk.stat(path), true);
  } catch (cause) {
    if (isAbsence(cause)) return blocked("its link in claude home leads to nothing");
    return blocked(errnoOf(cause) === "ELOOP" ? "its links lead in a circle" : unreadable("home", cause));
  }
}

export function blocked(why: string): Sight {
  return { type: "blocked", why };
}

export function unreadable(side: Side, cause: unknown): string {
  const where = side === "home" ? "claude home" : "the tree";
  return errnoOf(cause) === "EACCES"
    ? `permission denied in ${where}`
    : `it can't be read in ${where} (${errnoOf(cause) ?? "unknown"})`;
}

function sightOf(stats: Stats, linked: boolean): Sight {
  if (stats.isFile()) return { type: "file", stat: fileStat(stats), linked };
  if (stats.isDirectory()) return { type: "directory", stat: fileStat(stats), linked };
  return blocked("it is neither a file nor a directory");
}

/** A file without its bytes: while it stands, they are the same. */
export function markOf({ dev, ino, size, mtimeNs }: FileStat): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

/**
 * The mark by which a file that was just read or written is known again; "" where a later write could leave the same one, because
 * the file is younger than a tick of its file system's clock: two seconds where whole ones are kept (FAT), else 20 ms (a
 * kernel's timer).
 */
export function lastingMark(stat: FileStat, now = Date.now()): string {
  const wholeSeconds = stat.mtimeNs % 1_000_000_000n === 0n;
  const age = BigInt(now) * 1_000_000n - stat.mtimeNs;
  return age < (wholeSeconds ? 2_000_000_000n : 20_000_000n) ? "" : markOf(stat);
}

/** Which directory it is. Some file systems of Windows number nothing: then it is none that could be told again. */
export function identityOf({ dev, ino }: FileStat): string {
  return ino === 0n ? "" : `${dev}:${ino}`;
}

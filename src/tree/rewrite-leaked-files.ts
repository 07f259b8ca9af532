import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { type FileContent, readRegularFile, statFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { errnoOf } from "../errors.ts";
import { join } from "../path.ts";
import { decodeUtf8KeepingMark } from "../utf8.ts";
import { type FileFacts, sameFileFacts, type TreeFacts } from "./inspect.ts";
import { homewardText, type LeakRoots } from "./leaked-paths.ts";
import { LEAKY_FILES } from "./odd-entries.ts";
import type { Skipped } from "./step.ts";

export type LeaksRewritten = {
  readonly rewritten: readonly string[];
  /** Files that need no second look as long as they stay as they are. */
  readonly leakFree: ReadonlyMap<string, FileFacts>;
  readonly skipped: readonly Skipped[];
};

/**
 * Makes the paths into the tree that leaked into shared files paths into claude home. A file that is as it was when it
 * was last seen clean is not read. One that can't be written now is tried again by the next pass.
 */
export function rewriteLeakedFiles(
  { home, tree }: TreeFacts,
  clean: ReadonlyMap<string, FileFacts> | undefined,
): LeaksRewritten {
  const roots = { runtime: [...new Set([tree.path, tree.realPath])], claudeRoot: home.path };
  const leakFree = new Map<string, FileFacts>();
  const rewritten: string[] = [];
  const skipped: Skipped[] = [];
  for (const name of LEAKY_FILES) {
    const path = join(home.path, name);
    try {
      const look = lookAt(path, clean?.get(name), roots);
      if (look === "missing") continue;
      if (look === "locked") skipped.push({ name, why: "its lock is held" });
      else if ("leaks" in look) {
        if (writeUnderLock(path, look.leaks, look.content)) rewritten.push(name);
      } else leakFree.set(name, look);
    } catch (cause) {
      skipped.push({ name, why: domainError(cause, "rewrite", path).message });
    }
  }
  return { rewritten, leakFree, skipped };
}

/** "locked": nothing leaks, and somebody's lock stands there, perhaps for the last time. */
type Look = "missing" | "locked" | FileFacts | { readonly leaks: string; readonly content: FileContent };

function lookAt(path: string, clean: FileFacts | undefined, roots: LeakRoots): Look {
  const stat = statFile(path);
  if (stat === undefined) return "missing";
  if (clean !== undefined && sameFileFacts(stat, clean)) return clean;
  const isLocked = removeStaleLock(lockOf(path));
  const content = readRegularFile(path);
  if (content === undefined) return "missing";
  const text = decodeUtf8KeepingMark(content.bytes);
  const leaks = text === undefined ? undefined : homewardText(text, roots);
  if (leaks !== undefined) return { leaks, content };
  return isLocked ? "locked" : content.stat;
}

/**
 * Claude Code 2.1.329 holds `<file>.lock`, a directory, while it writes known_marketplaces.json (2.1.197: no lock). We
 * hold it for one rename and never wait for it.
 * @returns false where somebody else holds it
 */
function writeUnderLock(path: string, text: string, content: FileContent): boolean {
  const lock = lockOf(path);
  try {
    disk.makeNewDirectory(lock, 0o777);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
  try {
    writeFileAtomic(path, new TextEncoder().encode(text), { expect: content, keepMode: true });
    return true;
  } finally {
    disk.removeEmptyDirectory(lock);
  }
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

/**
 * Removes what a process that was killed inside left, one of ours too: nobody holds it for seconds.
 * @returns true where a lock still stands
 */
function removeStaleLock(lock: string): boolean {
  const stat = disk.lstatIfThere(lock);
  const isStale = stat !== undefined && Date.now() - Number(stat.mtimeMs) > STALE_MS;
  if (isStale) disk.removeEmptyDirectory(lock);
  return stat !== undefined && !isStale;
}

/** The shortest of Claude's own limits (2.1.329). */
const STALE_MS = 10_000;

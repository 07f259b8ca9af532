import { join } from "../path.ts";
import { listDirectory } from "./directory.ts";
import { disk } from "./disk.ts";
import { isTemporaryName } from "./write-file.ts";

/**
 * Removes what killed writers left in a directory: temporary files of ours that nobody has touched for ten minutes. A write
 * takes milliseconds; one that was merely suspended fails at its rename and says that it may be tried again.
 * @returns the names that were removed; one that can't be is left for the next time
 * @throws ClauthError where the directory can't be read
 */
export function sweepTemporaries(directory: string, options: SweepOptions = {}): string[] {
  const { now = Date.now(), untouchedMs = TEN_MINUTES } = options;
  return listDirectory(directory)
    .filter(isTemporaryName)
    .filter((name) => removedIfOld(join(directory, name), now - untouchedMs));
}

export type SweepOptions = {
  readonly now?: number;
  /** 0 where the caller holds the lock that every writer of this directory holds. */
  readonly untouchedMs?: number;
};

function removedIfOld(path: string, before: number): boolean {
  try {
    const stats = disk.lstat(path);
    // Not by the time of the bytes alone: a copy in flight has that of what it is a copy of, from long ago.
    const touchedMs = Math.max(Number(stats.mtimeMs), Number(stats.ctimeMs));
    if (!stats.isFile() || touchedMs > before) return false;
    disk.unlink(path);
    return true;
  } catch {
    return false;
  }
}

const TEN_MINUTES = 10 * 60 * 1000;

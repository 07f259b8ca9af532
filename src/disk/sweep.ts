import { join } from "node:path";
import { listDirectory } from "./directory.ts";
import { disk } from "./disk.ts";
import { isTemporaryName } from "./write-file.ts";

/**
 * Removes what killed writers left in a directory: temporary files of ours that nobody has touched for ten minutes. A write
 * takes milliseconds; one that was merely suspended fails at its rename and says that it may be tried again.
 * @returns the names that were removed; one that can't be is left for the next time
 * @throws ClauthError where the directory can't be read
 */
export function sweepTemporaries(directory: string, now = Date.now()): string[] {
  return listDirectory(directory)
    .filter(isTemporaryName)
    .filter((name) => removedIfOld(join(directory, name), now));
}

function removedIfOld(path: string, now: number): boolean {
  try {
    const stats = disk.lstat(path);
    if (!stats.isFile() || now - Number(stats.mtimeMs) < TEN_MINUTES) return false;
    disk.unlink(path);
    return true;
  } catch {
    return false;
  }
}

const TEN_MINUTES = 10 * 60 * 1000;

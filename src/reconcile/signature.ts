import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import type { FileStat } from "../disk/read-file.ts";

/**
 * What a file looked like, without its bytes: device, inode, size, and both times of change in nanoseconds. Two equal signatures
 * mean the same content for writers that replace by rename (a new inode, or one that was freed before, at another time) and
 * for those that write in place later than the clock's granularity; where the file system keeps whole seconds only, a young
 * file has no signature at all.
 */
export type Signature = string;

export const MISSING: Signature = "missing";

/** Looks at the file itself where `path` is a symlink to it. Undefined where nothing certain can be said. */
export function signatureOf(path: string): Signature | undefined {
  try {
    const stat = disk.statIfThere(path);
    if (stat === undefined) return MISSING;
    const signature = stat.version ?? signatureFrom(stat);
    return signature.includes(WHOLE_SECONDS) && isYoung(stat.mtimeNs) ? undefined : signature;
  } catch {
    return undefined;
  }
}

/** As the time of a last change ends there. Other numbers may too; their files are no younger for it. */
const WHOLE_SECONDS = "000000000:";

function isYoung(mtimeNs: bigint): boolean {
  const isWhole = mtimeNs % 1_000_000_000n === 0n;
  return isWhole && BigInt(Date.now()) * 1_000_000n - mtimeNs < COARSE_CLOCK_NS;
}

/** The signature of a file that was read just now. */
export function signatureFrom(stat: Omit<FileStat, "mode" | "uid">): Signature {
  return `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}

/** FAT keeps even seconds: the coarsest clock of a file system in use. */
const COARSE_CLOCK_NS = 2_000_000_000n;

/** Device and inode of what a path leads to; undefined where there is nothing. */
export function identityOf(path: string): Signature | undefined {
  const stat = attempt("look at", path, () => disk.statIfThere(path));
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

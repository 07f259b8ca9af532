import type { Pointer } from "bun:ffi";
import { answerAt, CALLS, halves, longs, systemCall, words } from "./linux.ts";

/** Those of node:fs with `{ bigint: true }`. */
export type Stats = {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly nlink: bigint;
  readonly mode: bigint;
  readonly uid: bigint;
  readonly size: bigint;
  readonly mtimeMs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeMs: bigint;
  readonly ctimeNs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
};

/**
 * Looks at a path below a directory, or at the directory where the path is empty.
 * @returns undefined where it failed: `absence` says whether because nothing is there
 */
export function look(directory: number, path: Pointer | null, flags: number): Stats | undefined {
  return systemCall(CALLS.statx, directory, path, flags, STATX_BASIC_STATS, answerAt) === 0
    ? new StatsOfLinux()
    : undefined;
}

const STATX_BASIC_STATS = 0x7ff;

/**
 * The answer of statx(2), whose layout is that of every processor. A class, so that no method is made for each file anew; what is
 * seldom asked for is worked out when it is.
 */
class StatsOfLinux implements Stats {
  readonly ino = longs[4] ?? 0n;
  readonly size = longs[5] ?? 0n;
  readonly modeBits = halves[14] ?? 0;
  readonly links = words[4] ?? 0;
  readonly owner = words[5] ?? 0;
  readonly device = [words[34] ?? 0, words[35] ?? 0] as const;
  readonly changed = [longs[12] ?? 0n, words[26] ?? 0] as const;
  readonly modified = [longs[14] ?? 0n, words[30] ?? 0] as const;

  get dev(): bigint {
    return deviceOf(this.device);
  }
  get nlink(): bigint {
    return BigInt(this.links);
  }
  get mode(): bigint {
    return BigInt(this.modeBits);
  }
  get uid(): bigint {
    return BigInt(this.owner);
  }
  get mtimeNs(): bigint {
    return nanoseconds(this.modified);
  }
  get mtimeMs(): bigint {
    return this.mtimeNs / 1_000_000n;
  }
  get ctimeNs(): bigint {
    return nanoseconds(this.changed);
  }
  get ctimeMs(): bigint {
    return this.ctimeNs / 1_000_000n;
  }
  isFile(): boolean {
    return (this.modeBits & S_IFMT) === S_IFREG;
  }
  isDirectory(): boolean {
    return (this.modeBits & S_IFMT) === S_IFDIR;
  }
  isSymbolicLink(): boolean {
    return (this.modeBits & S_IFMT) === S_IFLNK;
  }
}

function nanoseconds([whole, rest]: readonly [bigint, number]): bigint {
  return BigInt.asIntN(64, whole) * 1_000_000_000n + BigInt(rest);
}

/** As makedev(3) joins the two numbers of a device. */
function deviceOf([major, minor]: readonly [number, number]): bigint {
  if (major < 0x1000 && minor < 0x100) return BigInt(major * 0x100 + minor);
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high >> 12n) << 44n) | ((low >> 8n) << 20n) | ((high & 0xfffn) << 8n) | (low & 0xffn);
}

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;

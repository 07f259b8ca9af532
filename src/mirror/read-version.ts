import { constants } from "node:fs";
import { disk, letGo } from "../disk/disk.ts";
import { concurrentModification } from "../disk/errno.ts";
import { type FileStat, fileStat } from "../disk/read-file.ts";
import type { Version } from "./decide.ts";
import { lastingMark } from "./sight.ts";

/** A file as it was read. */
export type ReadVersion = Version & {
  readonly stat: FileStat;
  /** By which it is known again; "" where it was written to meanwhile: what was read is a beginning of it, or a mixture. */
  readonly mark: string;
  /** False where it was written to meanwhile. */
  readonly quiet: boolean;
  /** All of them, where they are few. */
  readonly bytes: Uint8Array | undefined;
  /** The hash of the bytes that were asked about, where it begins with them. */
  readonly begins: string | undefined;
  /** What follows those, where it is little. */
  readonly tail: Uint8Array | undefined;
};

/** The bytes that a file had before. */
export type Beginning = { readonly size: number; readonly hash: string };

/**
 * Reads a file once, however large, and whether it still begins with the bytes that it had before.
 * @param followed false where a link must not be followed
 * @throws ClauthError `concurrent_modification` where it is no file any more; system errors
 */
export function readVersion(path: string, followed: boolean, before?: Beginning): ReadVersion {
  const descriptor = disk.open(path, READ_ONLY | (followed ? 0 : constants.O_NOFOLLOW));
  try {
    const opened = disk.statOpen(descriptor);
    if (!opened.isFile()) throw concurrentModification(path);
    const read = readAll(descriptor, Number(opened.size), before);
    const stat = fileStat(disk.statOpen(descriptor));
    const quiet = stat.mtimeNs === opened.mtimeNs && stat.size === BigInt(read.size);
    return { ...read, mtimeNs: stat.mtimeNs, stat, quiet, mark: quiet ? lastingMark(stat) : "" };
  } finally {
    letGo(descriptor);
  }
}

const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A copy of more than this goes from file to file instead of through memory. */
const KEPT_BYTES = 4 * 1024 * 1024;

const CHUNK_BYTES = 256 * 1024;

function readAll(
  descriptor: number,
  expected: number,
  before: Beginning | undefined,
): Pick<ReadVersion, "hash" | "size" | "bytes" | "begins" | "tail"> {
  const hasher = new Bun.CryptoHasher("sha256");
  const all = keeper();
  const behind = keeper();
  let begins: string | undefined;
  let size = 0;
  const chunk = new Uint8Array(Math.min(expected + 1, CHUNK_BYTES));
  for (;;) {
    const count = disk.read(descriptor, chunk, 0);
    if (count === 0) break;
    const bytes = chunk.subarray(0, count);
    const head = bytes.subarray(0, Math.max(0, (before?.size ?? Number.POSITIVE_INFINITY) - size));
    const rest = bytes.subarray(head.length);
    hasher.update(head);
    if (before !== undefined && size + head.length === before.size && size <= before.size) {
      begins = hasher.copy().digest("hex") === before.hash ? before.hash : undefined;
    }
    hasher.update(rest);
    all.add(bytes);
    if (begins !== undefined) behind.add(rest);
    size += count;
  }
  const tail = begins !== undefined ? behind.bytes() : undefined;
  return { hash: hasher.digest("hex"), size, bytes: all.bytes(), begins, tail };
}

type Keeper = { readonly add: (bytes: Uint8Array) => void; readonly bytes: () => Uint8Array | undefined };

/** Keeps what it is given until that is too much. */
function keeper(): Keeper {
  const parts: Uint8Array[] = [];
  let size = 0;
  return {
    add: (bytes) => {
      size += bytes.length;
      if (size <= KEPT_BYTES) parts.push(bytes.slice());
      else parts.length = 0;
    },
    bytes: () => (size <= KEPT_BYTES ? Buffer.concat(parts) : undefined),
  };
}

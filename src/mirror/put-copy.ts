import { constants } from "node:fs";
import { dirname } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { disk, letGo } from "../disk/disk.ts";
import { type FileStat, fileStat } from "../disk/read-file.ts";
import { removeTemporary } from "../disk/replace-judged.ts";
import {
  concurrentModification,
  type Judgement,
  publishTemporary,
  temporaryBeside,
} from "../disk/write-file.ts";
import { sameFileFacts } from "../tree/inspect.ts";

/** What a copy is made of: bytes at hand, or the beginning of a file that is read again and has to hash to the same. */
export type Content =
  | { readonly bytes: Uint8Array }
  | { readonly path: string; readonly size: number; readonly hash: string };

export type CopyOptions = {
  readonly mode: number;
  readonly mtimeNs: bigint;
  /** The file that was judged and is replaced. */
  readonly replaces: FileStat | undefined;
  /** Of a new file: the caller makes it durable. What takes the place of other bytes always is, before those go. */
  readonly syncLater?: boolean;
};

/**
 * Makes or replaces a file so that it is seen whole or not at all, with its time and mode from the start: what is returned is
 * exactly what we made, whatever happens to it next.
 * @param target with every link resolved that is to be written through
 * @throws ClauthError `concurrent_modification` (retry-safe) where something else stands there by now; system errors
 */
export function putCopy(target: string, content: Content, options: CopyOptions): FileStat {
  const { replaces } = options;
  const temporary = temporaryBeside(target);
  try {
    const stat = writeTemporary(temporary, content, options);
    checkpoint("mirror-copied");
    publishTemporary(temporary, target, replaces === undefined ? "absent" : onlyOver(target, replaces));
    checkpoint("mirror-published");
    return stat;
  } catch (cause) {
    removeTemporary(temporary);
    throw cause;
  }
}

/**
 * Appends to a file that is the one that was judged, as its other writers do: whoever has it open goes on writing to it.
 * @returns undefined where somebody else appended in the same moment: both are there, and nothing is agreed
 */
export function appendCopy(
  target: string,
  tail: Uint8Array,
  { mtimeNs, replaces }: { readonly mtimeNs: bigint; readonly replaces: FileStat },
): FileStat | undefined {
  const { O_WRONLY, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = disk.open(target, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!sameFileFacts(fileStat(disk.statOpen(descriptor)), replaces)) throw concurrentModification(target);
    for (let done = 0; done < tail.length; ) done += disk.write(descriptor, tail, done);
    checkpoint("mirror-appended");
    disk.setTimesOpen(descriptor, timesOf(mtimeNs));
    disk.syncData(descriptor);
    const stat = fileStat(disk.statOpen(descriptor));
    return stat.size === replaces.size + BigInt(tail.length) ? stat : undefined;
  } finally {
    disk.close(descriptor);
  }
}

function writeTemporary(
  temporary: string,
  content: Content,
  { mode, mtimeNs, replaces, syncLater = false }: CopyOptions,
): FileStat {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  disk.makeDirectory(dirname(temporary), 0o700);
  const descriptor = disk.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if ("bytes" in content) writeAll(descriptor, content.bytes);
    else copyFrom(content, descriptor);
    if (mode !== 0o600) disk.chmodOpen(descriptor, mode);
    disk.setTimesOpen(descriptor, timesOf(mtimeNs));
    if (replaces !== undefined || !syncLater) disk.syncData(descriptor);
    return fileStat(disk.statOpen(descriptor));
  } finally {
    disk.close(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += disk.write(descriptor, bytes, done);
}

function copyFrom({ path, size, hash }: Exclude<Content, { bytes: Uint8Array }>, into: number): void {
  const hasher = new Bun.CryptoHasher("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  const from = disk.open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    for (let left = size; left > 0; ) {
      const bytes = chunk.subarray(0, Math.min(left, disk.read(from, chunk, 0)));
      if (bytes.length === 0) break;
      hasher.update(bytes);
      writeAll(into, bytes);
      left -= bytes.length;
    }
  } finally {
    letGo(from);
  }
  if (hasher.digest("hex") !== hash) throw concurrentModification(path);
}

const CHUNK_BYTES = 256 * 1024;

/** To the millisecond, as utimes goes through a JavaScript date. */
function timesOf(mtimeNs: bigint): { atime: Date; mtime: Date } {
  const mtime = new Date(Number(mtimeNs / 1_000_000n));
  return { atime: mtime, mtime };
}

function onlyOver(target: string, judged: FileStat): Judgement {
  return (path) => {
    const stat = disk.lstatIfThere(path);
    if (stat?.isFile() !== true || !sameFileFacts(stat, judged)) throw concurrentModification(target);
  };
}

import { checkpoint } from "../checkpoint.ts";
import { disk } from "../disk/disk.ts";
import { concurrentModification } from "../disk/errno.ts";
import { piecesOf } from "../disk/pieces.ts";
import { type FileStat, fileStat } from "../disk/read-file.ts";
import { removeTemporary } from "../disk/replace-judged.ts";
import { publishTemporary, temporaryBeside, writeAll } from "../disk/write-file.ts";
import { constants } from "../fs.ts";
import { dirname } from "../path.ts";
import { type FileFacts, sameFileFacts } from "./inspect.ts";
import type { Pieces } from "./jsonl-tails.ts";

export type CopyOptions = {
  readonly mode: number;
  readonly mtimeNs: bigint;
  /** The file that was judged and is replaced. */
  readonly replaces: FileFacts | undefined;
  /** Of a new file: the caller makes it durable. What takes the place of other bytes always is, before those go. */
  readonly syncLater?: boolean;
};

/**
 * Makes or replaces a file so that it is seen whole or not at all, with its time and mode from the start: what is returned is
 * exactly what we made, whatever happens to it next.
 * @param target with every link resolved that is to be written through
 * @throws ClauthError `concurrent_modification` (retry-safe) where something else stands there by now; system errors, and whatever the
 * pieces throw
 */
export function putCopy(target: string, pieces: Pieces, options: CopyOptions): FileStat {
  const { replaces } = options;
  const temporary = temporaryBeside(target);
  try {
    const stat = writeTemporary(temporary, pieces, options);
    checkpoint("copy-written");
    publishTemporary(
      temporary,
      target,
      replaces === undefined ? "absent" : (path) => refuseChanged(path, replaces, target),
    );
    checkpoint("copy-published");
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
  tail: Pieces,
  { mtimeNs, replaces }: { readonly mtimeNs: bigint; readonly replaces: FileFacts },
): FileStat | undefined {
  const { O_WRONLY, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = disk.open(target, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!sameFileFacts(fileStat(disk.statOpen(descriptor)), replaces)) throw concurrentModification(target);
    let size = replaces.size;
    for (const piece of tail) {
      writeAll(descriptor, piece);
      size += BigInt(piece.length);
    }
    checkpoint("copy-appended");
    disk.setTimesOpen(descriptor, timesOf(mtimeNs));
    disk.syncData(descriptor);
    const stat = fileStat(disk.statOpen(descriptor));
    return stat.size === size ? stat : undefined;
  } finally {
    disk.close(descriptor);
  }
}

/**
 * A file as it was judged by its hash, however large.
 * @throws ClauthError `concurrent_modification` (retry-safe), at the end, where it is another by now
 */
export function* judgedPieces(
  path: string,
  { size, hash }: { readonly size: number; readonly hash: string },
): Generator<Uint8Array, void> {
  const hasher = new Bun.CryptoHasher("sha256");
  let left = size;
  for (const piece of piecesOf(path)) {
    const judged = piece.subarray(0, left);
    hasher.update(judged);
    yield judged;
    left -= judged.length;
    if (left === 0) break;
  }
  if (hasher.digest("hex") !== hash) throw concurrentModification(path);
}

function writeTemporary(
  temporary: string,
  pieces: Pieces,
  { mode, mtimeNs, replaces, syncLater = false }: CopyOptions,
): FileStat {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  disk.makeDirectory(dirname(temporary), 0o700);
  const descriptor = disk.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for (const piece of pieces) writeAll(descriptor, piece);
    if (mode !== 0o600) disk.chmodOpen(descriptor, mode);
    disk.setTimesOpen(descriptor, timesOf(mtimeNs));
    if (replaces !== undefined || !syncLater) disk.syncData(descriptor);
    return fileStat(disk.statOpen(descriptor));
  } finally {
    disk.close(descriptor);
  }
}

/** To the millisecond, as utimes goes through a JavaScript date. */
function timesOf(mtimeNs: bigint): { atime: Date; mtime: Date } {
  const mtime = new Date(Number(mtimeNs / 1_000_000n));
  return { atime: mtime, mtime };
}

/**
 * @param named the path that the user is told, where the file stands under another name for a moment
 * @throws ClauthError `concurrent_modification` (retry-safe) where it is no longer the file that was judged
 */
export function refuseChanged(path: string, judged: FileFacts, named = path): void {
  const stat = disk.lstatIfThere(path);
  if (stat?.isFile() !== true || !sameFileFacts(stat, judged)) throw concurrentModification(named);
}

import { join } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { disk, letGo } from "../disk/disk.ts";
import { equalBytes } from "../disk/write-file.ts";
import { errnoOf } from "../errors.ts";
import { constants } from "../fs.ts";

/**
 * Takes out of a tree what is a copy of claude home's, byte for byte: what differs is the profile's own and stays. No link is
 * followed. Killed in between, it goes on where it was.
 */
export function dropCopies(tree: string, home: string): void {
  const stat = disk.lstatIfThere(tree);
  if (stat?.isDirectory()) {
    for (const name of disk.list(tree)) dropCopies(join(tree, name), join(home, name));
    removeIfEmpty(tree);
  } else if (stat?.isFile() ? isCopy(tree, home) : stat?.isSymbolicLink() && isSameLink(tree, home)) {
    disk.unlink(tree);
    checkpoint("tree-copy-dropped");
  }
}

/** Compared piece by piece: a long conversation has more than anybody wants in memory. */
function isCopy(tree: string, home: string): boolean {
  if (disk.statIfThere(home)?.isFile() !== true) return false;
  const ours = disk.open(tree, READ_ONLY | constants.O_NOFOLLOW);
  try {
    const theirs = disk.open(home, READ_ONLY);
    try {
      return haveSameBytes(ours, theirs);
    } finally {
      letGo(theirs);
    }
  } finally {
    letGo(ours);
  }
}

const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

function haveSameBytes(a: number, b: number): boolean {
  const size = disk.statOpen(a).size;
  if (disk.statOpen(b).size !== size) return false;
  const [ours, theirs] = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)];
  for (let done = 0n; ; ) {
    const count = fill(a, ours);
    if (fill(b, theirs) !== count || !equalBytes(ours.subarray(0, count), theirs.subarray(0, count)))
      return false;
    done += BigInt(count);
    if (count < CHUNK_BYTES) return done === size;
  }
}

const CHUNK_BYTES = 256 * 1024;

/** As much as there is: one read may give less. */
function fill(descriptor: number, chunk: Uint8Array): number {
  let done = 0;
  for (let count = -1; count !== 0 && done < chunk.length; done += count)
    count = disk.read(descriptor, chunk, done);
  return done;
}

function isSameLink(tree: string, home: string): boolean {
  return disk.lstatIfThere(home)?.isSymbolicLink() === true && disk.readlink(tree) === disk.readlink(home);
}

function removeIfEmpty(directory: string): void {
  try {
    disk.removeEmptyDirectory(directory);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
  }
}

import { join } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { haveSameBytes } from "../disk/compare-files.ts";
import { disk } from "../disk/disk.ts";
import { readLink } from "../disk/links.ts";
import { errnoOf } from "../errors.ts";
import { homeward, type LeakRoots } from "./leaked-paths.ts";

/**
 * Takes out of a tree what is a copy of claude home's, byte for byte: what differs is the profile's own and stays. No link is
 * followed. Killed in between, it goes on where it was.
 */
export function dropCopies(tree: string, home: string, roots: LeakRoots): void {
  const stat = disk.lstatIfThere(tree);
  if (stat?.isDirectory()) {
    for (const name of disk.list(tree)) dropCopies(join(tree, name), join(home, name), roots);
    removeIfEmpty(tree);
  } else if (stat?.isFile() ? isCopy(tree, home) : stat?.isSymbolicLink() && isSameLink(tree, home, roots)) {
    disk.unlink(tree);
    checkpoint("tree-copy-dropped");
  }
}

function isCopy(tree: string, home: string): boolean {
  return disk.statIfThere(home)?.isFile() === true && haveSameBytes(tree, home);
}

/** As the mirror carries it: a path into the tree is one into claude home there. */
function isSameLink(tree: string, home: string, roots: LeakRoots): boolean {
  return readLink(home) === homeward(disk.readlink(tree), roots);
}

function removeIfEmpty(directory: string): void {
  try {
    disk.removeEmptyDirectory(directory);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
  }
}

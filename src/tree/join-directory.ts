import { checkpoint } from "../checkpoint.ts";
import { disk, type LinkType } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { errnoOf } from "../errors.ts";
import type { Dirent } from "../fs.ts";
import { join } from "../path.ts";
import { quarantineCopy, quarantineFile } from "../quarantine.ts";
import { copyNew } from "./copy-new.ts";
import { sameInode } from "./inspect.ts";
import { decideWinner, mergeFile } from "./merge-file.ts";
import { refuseChanged } from "./put-copy.ts";
import { linkUnlessThere } from "./put-link.ts";
import type { Skipped } from "./step.ts";

export type TwoDirectories = {
  /** Relative to both roots. */
  readonly name: string;
  readonly tree: string;
  readonly home: string;
  readonly paths: { readonly backups: string };
};

/**
 * Gives a directory of the tree to claude home and puts the link in its place: by one rename where claude home has nothing
 * of that name, else file by file. No link is followed in the tree: a link is carried as a link.
 * @returns what could not be brought over, and stays in the tree
 */
export function joinDirectory(both: TwoDirectories, type?: LinkType): readonly Skipped[] {
  if (!moveWhole(both)) {
    const left = mergeDirectory(both);
    if (left.length > 0) return left;
    disk.removeEmptyDirectory(both.tree);
  }
  checkpoint("tree-directory-joined");
  linkUnlessThere(both.home, both.tree, type);
  return [];
}

function moveWhole(both: TwoDirectories): boolean {
  if (disk.lstatIfThere(both.home) !== undefined) return false;
  try {
    disk.rename(both.tree, both.home);
    return true;
  } catch (error) {
    if (["EXDEV", "ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) return false;
    throw error;
  }
}

/** The tree's directories are removed as they become empty, by rmdir, which refuses any other. */
function mergeDirectory(both: TwoDirectories): Skipped[] {
  const skipped: Skipped[] = [];
  disk.makeDirectory(both.home, 0o700);
  // By a mount, or a link of claude home: what is removed here would be gone there.
  if (sameInode(disk.stat(both.tree), disk.stat(both.home)))
    return [{ name: both.name, why: "it is the very directory of claude home" }];
  for (const entry of disk.listEntries(both.tree)) {
    const inside = {
      ...both,
      name: `${both.name}/${entry.name}`,
      tree: join(both.tree, entry.name),
      home: join(both.home, entry.name),
    };
    try {
      skipped.push(...bringOver(inside, entry));
    } catch (cause) {
      skipped.push({ name: inside.name, why: domainError(cause, "merge", inside.tree).message });
    }
  }
  return skipped;
}

function bringOver(entry: TwoDirectories, found: Dirent): Skipped[] {
  if (found.isDirectory()) return bringDirectory(entry);
  if (found.isFile()) bringFile(entry);
  else if (found.isSymbolicLink()) bringLink(entry);
  else return [{ name: entry.name, why: "it is neither a file nor a directory nor a link" }];
  checkpoint("tree-entry-brought");
  return [];
}

function bringDirectory(entry: TwoDirectories): Skipped[] {
  const inHome = disk.statIfThere(entry.home);
  if (inHome !== undefined && !inHome.isDirectory()) {
    return [{ name: entry.name, why: "it is a directory in the tree and a file in claude home" }];
  }
  const left = mergeDirectory(entry);
  if (left.length === 0) disk.removeEmptyDirectory(entry.tree);
  return left;
}

function bringFile(entry: TwoDirectories): void {
  const tree = disk.lstat(entry.tree);
  const inHome = disk.lstatIfThere(entry.home);
  const home = disk.statIfThere(entry.home);
  if (inHome === undefined) copyNew(entry.tree, entry.home);
  else if (inHome.isSymbolicLink() && home !== undefined && sameInode(home, tree)) {
    // The link of claude home leads here: its name takes the file itself.
    disk.rename(entry.tree, entry.home);
    return;
  } else if (home?.isDirectory()) quarantineCopy(entry.paths, entry.name, entry.tree);
  else if (home === undefined || !sameInode(home, tree)) {
    const winner = decideWinner(entry.name, tree, home, undefined);
    mergeFile(
      { name: entry.name, treePath: entry.tree, homePath: entry.home, tree, home, winner },
      entry.paths,
    );
  }
  checkpoint("tree-file-brought");
  refuseChanged(entry.tree, tree);
  disk.unlink(entry.tree);
}

/** A link has no bytes but its text: where claude home has something else of that name, the text goes to quarantine. */
function bringLink(entry: TwoDirectories): void {
  const text = disk.readlink(entry.tree);
  try {
    disk.symlink(text, entry.home);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    if (!isLinkTo(entry.home, text)) {
      quarantineFile(entry.paths, `${entry.name}.link`, new TextEncoder().encode(`${text}\n`));
    }
  }
  disk.unlink(entry.tree);
}

function isLinkTo(path: string, text: string): boolean {
  try {
    return disk.readlink(path) === text;
  } catch {
    return false;
  }
}

import { chmodSync, lstatSync, readdirSync, readlinkSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "../disk/attempt.ts";

/**
 * Removes a file, or a directory with all that is in it. Of a link the link alone, whatever it leads to: a runtime tree is full of
 * junctions into `~/.claude`. What is not there is what was wanted.
 * @throws ClauthError as `domainError`, at the first entry that can't be removed
 */
export function removeTree(path: string): void {
  const stat = attempt("look at", path, () => lstatSync(path, { throwIfNoEntry: false }));
  if (stat === undefined) return;
  if (stat.isDirectory() && !isLink(path)) {
    for (const name of attempt("list", path, () => readdirSync(path))) removeTree(join(path, name));
    attempt("remove", path, () => rmdirSync(path));
    return;
  }
  attempt("remove", path, () => {
    // Windows refuses to remove what is marked read-only.
    if (!stat.isSymbolicLink() && (stat.mode & 0o200) === 0) chmodSync(path, stat.mode | 0o200);
    unlinkSync(path);
  });
}

/** Asked of every directory once more: a junction taken for one would empty what it leads to. */
function isLink(path: string): boolean {
  try {
    readlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

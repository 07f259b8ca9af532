import { checkpoint } from "../checkpoint.ts";
import { disk, type LinkType } from "../disk/disk.ts";
import { concurrentModification } from "../disk/errno.ts";
import { removeTemporary, replaceJudged } from "../disk/replace-judged.ts";
import { errnoOf } from "../errors.ts";
import { dirname, join } from "../path.ts";
import { type FileFacts, sameFileFacts } from "./inspect.ts";

/** What has to stand at a path for us to replace or remove it. */
export type Present = { readonly file: FileFacts } | { readonly text: string };

export type LinkOptions = {
  readonly type?: LinkType | undefined;
  /** Told where a file stands that another program wrote and that has no name of its own any more. */
  readonly displaced: (path: string) => void;
};

/**
 * Puts a link to `target` in the place of what stands at `path`, by rename, so that the name is never missing.
 * @throws ClauthError `concurrent_modification` (retry-safe) where something else stands there by now
 */
export function putLink(target: string, path: string, present: Present, options: LinkOptions): void {
  const temporary = temporaryLinkIn(dirname(path));
  disk.symlink(target, temporary, options.type);
  checkpoint("tree-link-made");
  try {
    replaceJudged(temporary, path, { ...options, judge: (at) => refuseSurprise(path, at, present) });
  } catch (error) {
    removeTemporary(temporary);
    throw error;
  }
}

/** Makes a link, unless something of that name is there by now. */
export function linkUnlessThere(target: string, path: string, type?: LinkType): void {
  try {
    disk.symlink(target, path, type);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

/**
 * Removes a symlink whose text is the given one.
 * @throws ClauthError `concurrent_modification` (retry-safe) where something else stands there by now
 */
export function removeLink(path: string, text: string): void {
  refuseSurprise(path, path, { text });
  disk.unlink(path);
}

/** The last look stands right before the rename: Claude Code replaces files by rename too, whenever it likes. */
function refuseSurprise(path: string, at: string, present: Present): void {
  const stat = disk.lstatIfThere(at);
  if (stat !== undefined) {
    if ("text" in present) {
      if (stat.isSymbolicLink() && disk.readlink(at) === present.text) return;
    } else if (stat.isFile() && sameFileFacts(stat, present.file)) return;
  }
  throw concurrentModification(path);
}

/** In the form that `isTemporaryName` knows, so that a leftover is swept. */
export function temporaryLinkIn(directory: string): string {
  return join(directory, `.link.clauth-${process.pid}-${Math.random().toString(36).slice(2, 12)}0.tmp`);
}

import { beginsWith, haveSameBytes } from "../disk/compare-files.ts";
import { disk } from "../disk/disk.ts";
import { resolveLinks } from "../disk/links.ts";
import { piecesOf } from "../disk/pieces.ts";
import { quarantineCopy } from "../quarantine.ts";
import { type FileFacts, sameFileFacts } from "./inspect.ts";
import { findMissing, linesOf, type Missing } from "./jsonl-tails.ts";
import { putCopy, refuseChanged } from "./put-copy.ts";

/** Whose bytes claude home has afterwards. "both": a `.jsonl` with the lines of either. */
export type Winner = "tree" | "home" | "both";

/**
 * Two files, one name. Claude home unchanged since its file was linked: the tree's is the newer version of that very
 * file. Otherwise the later write wins, except that nothing appended to a `.jsonl` on either side goes.
 */
export function decideWinner(
  name: string,
  tree: FileFacts,
  home: FileFacts | undefined,
  linked: FileFacts | undefined,
): Winner {
  if (home === undefined) return "tree";
  if (linked !== undefined && sameFileFacts(home, linked)) return "tree";
  if (name.endsWith(".jsonl")) return "both";
  return tree.mtimeNs >= home.mtimeNs ? "tree" : "home";
}

export type TwoFiles = {
  readonly name: string;
  readonly treePath: string;
  readonly homePath: string;
  /** As they were when the winner was decided. */
  readonly tree: FileFacts;
  readonly home: FileFacts | undefined;
  readonly winner: Winner;
};

/**
 * Brings both into claude home's file and the loser into quarantine, whatever their size. The tree's file is left to the caller, who
 * removes it or puts the link in its place.
 * @throws ClauthError `concurrent_modification` (retry-safe) where a file is not the one that was judged; system errors
 */
export function mergeFile(files: TwoFiles, paths: { readonly backups: string }): void {
  const target = resolveLinks(files.homePath);
  bringOver(files, target, paths);
  refuseChanged(files.treePath, files.tree);
}

function bringOver(
  { name, treePath, tree, home, winner }: TwoFiles,
  target: string,
  paths: { readonly backups: string },
): void {
  const { mtimeNs } = tree;
  const mode = Number(disk.lstat(home === undefined ? treePath : target).mode) & 0o7777;
  if (home === undefined) {
    putCopy(target, piecesOf(treePath, false), { mode, mtimeNs, replaces: home });
    return;
  }
  if (haveSameBytes(treePath, target)) return;
  switch (winner) {
    case "home":
      quarantineCopy(paths, name, treePath);
      break;
    case "tree":
      if (!beginsWith(treePath, target)) quarantineCopy(paths, name, target);
      putCopy(target, piecesOf(treePath, false), { mode, mtimeNs, replaces: home });
      break;
    case "both": {
      const missing = findMissing(piecesOf(target), piecesOf(treePath, false));
      if (missing.length === 0) return;
      const later = home.mtimeNs > mtimeNs ? home : tree;
      putCopy(target, bothTails(target, treePath, missing), {
        mode,
        mtimeNs: later.mtimeNs,
        replaces: home,
      });
    }
  }
}

/** All of home's version, and what it lacks of the tree's. */
export function* bothTails(home: string, tree: string, missing: Missing): Generator<Uint8Array, void> {
  yield* piecesOf(home);
  yield* linesOf(piecesOf(tree, false), missing);
}

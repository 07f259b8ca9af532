import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { concurrentModification, equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import { quarantineFile } from "../quarantine.ts";
import { type FileFacts, sameFileFacts } from "./inspect.ts";
import { keepBothTails } from "./jsonl-tails.ts";

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
 * Brings both into claude home's file and the loser into quarantine. The tree's file is left to the caller, who removes
 * it or puts the link in its place.
 * @throws ClauthError `concurrent_modification` (retry-safe) where a file is not the one that was judged
 */
export function mergeFile(files: TwoFiles, paths: { readonly backups: string }): void {
  const tree = readJudged(files.treePath, files.tree);
  if (files.home === undefined) {
    writeFileAtomic(files.homePath, tree.bytes, { mode: tree.stat.mode, expect: "absent", sync: true });
    return;
  }
  const home = readJudged(files.homePath, files.home);
  if (equalBytes(tree.bytes, home.bytes)) return;
  if (files.winner === "home") {
    quarantineFile(paths, files.name, tree.bytes);
    return;
  }
  const bytes = files.winner === "tree" ? tree.bytes : keepBothTails(home.bytes, tree.bytes);
  if (!startsWith(bytes, home.bytes)) quarantineFile(paths, files.name, home.bytes);
  writeFileAtomic(files.homePath, bytes, { keepMode: true, expect: home, sync: true });
}

/** Reads a file and makes sure that it is still the one whose facts were judged. */
export function readJudged(path: string, judged: FileFacts): FileContent {
  const content = readRegularFile(path);
  if (content !== undefined && sameFileFacts(content.stat, judged)) return content;
  throw concurrentModification(path);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, prefix.length), prefix);
}

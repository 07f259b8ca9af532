import { type FSWatcher, watch } from "node:fs";
import { join, sep } from "node:path";
import { disk } from "../disk/disk.ts";
import { type SideWatch, type WatchedSide, watchEachDirectory } from "./watch-each-directory.ts";

export type WholeOptions = {
  /** For each side, where every directory has to be watched after all. */
  readonly maxWatches: number;
  /** How long the proof that a recursive watch speaks may take, in milliseconds. */
  readonly proofMs?: number;
};

/**
 * Watches each side by a single recursive watch. Whether it speaks of what is below is found out by a directory in the tree:
 * where it stays silent (Wine; Bun 1.4.5), each directory is watched by itself. What links of claude home lead to is below no root, and counts as
 * not watched.
 */
export function watchWhole(
  sides: { readonly home: WatchedSide; readonly tree: WatchedSide },
  { maxWatches, proofMs = 1000 }: WholeOptions,
): SideWatch {
  const probe = `${PROBE}${process.pid}.tmp`;
  let watches: SideWatch[] = [];
  let closed = false;
  let proof: ReturnType<typeof setTimeout> | undefined;
  if (hasLinkedDirectories(sides.home, "")) sides.home.incomplete();
  try {
    removeProbes(sides.tree.root);
    // Of what is made later Wine does speak.
    disk.makeDirectory(join(sides.tree.root, probe), 0o700);
    for (const side of [sides.home, sides.tree]) watches.push(watchRoot(side));
    proof = setTimeout(fallBack, proofMs);
    proof.unref();
    disk.makeDirectory(join(sides.tree.root, probe, "x"), 0o700);
  } catch {
    fallBack();
  }
  return { close };

  function watchRoot(side: WatchedSide): FSWatcher {
    const watcher = watch(side.root, { recursive: true }, (event, name) => react(side, event, name));
    watcher.on("error", fallBack);
    return watcher;
  }

  function react(side: WatchedSide, event: string, name: string | null): void {
    side.heard();
    // Windows had no room for more.
    if (name === null) {
      side.missed();
      return;
    }
    const inside = sep === "/" ? name : name.replaceAll(sep, "/");
    if (inside.startsWith(`${probe}/`)) proven();
    // A directory changes with its entries, which have events of their own.
    else if (side.isWatched(inside) && !(event === "change" && isDirectory(side, inside)))
      side.changed(inside);
  }

  function proven(): void {
    clearTimeout(proof);
    proof = undefined;
    removeProbes(sides.tree.root);
  }

  function fallBack(): void {
    stop();
    if (closed) return;
    watches = [sides.home, sides.tree].map((side) => watchEachDirectory(side, maxWatches));
    sides.tree.missed();
  }

  function stop(): void {
    if (proof !== undefined) proven();
    for (const watcher of watches.splice(0)) watcher.close();
  }

  function close(): void {
    closed = true;
    stop();
  }
}

const PROBE = ".clauth-watch-";

/** Those of killed processes too; what can't be removed is a temporary file to everybody else. */
function removeProbes(tree: string): void {
  for (const name of namesIn(tree).filter((one) => one.startsWith(PROBE))) {
    for (const directory of [join(tree, name, "x"), join(tree, name)]) {
      try {
        disk.removeEmptyDirectory(directory);
      } catch {}
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return disk.list(directory);
  } catch {
    return [];
  }
}

function isDirectory(side: WatchedSide, name: string): boolean {
  try {
    return disk.statIfThere(join(side.root, name))?.isDirectory() === true;
  } catch {
    return false;
  }
}

function hasLinkedDirectories(side: WatchedSide, directory: string): boolean {
  try {
    return disk.listEntries(join(side.root, directory)).some((entry) => {
      const name = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (entry.isSymbolicLink()) return side.isWatched(name, "directory") && isDirectory(side, name);
      return entry.isDirectory() && side.isWatched(name, "directory") && hasLinkedDirectories(side, name);
    });
  } catch {
    return false;
  }
}

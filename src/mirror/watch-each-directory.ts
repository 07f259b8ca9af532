import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { disk } from "../disk/disk.ts";
import { isAbsence } from "../disk/read-file.ts";
import { errnoOf } from "../errors.ts";
import { isTemporary } from "../tree/entries.ts";

export type SideWatch = { close(): void };

/** One side of a mirror, and whom to tell what. */
export type WatchedSide = {
  readonly root: string;
  /** Claude home's links are followed, the tree's are not. */
  readonly followsLinks: boolean;
  /** Whether an entry, by its name relative to the root, is of any concern. */
  readonly isWatched: (name: string, type?: "directory") => boolean;
  /** Each event, of whatever. */
  readonly heard: () => void;
  readonly changed: (name: string) => void;
  /** Something was missed: only a look at everything can tell what. */
  readonly missed: () => void;
  /** Something is not watched, now and later. */
  readonly incomplete: () => void;
};

/**
 * Watches each directory of one side by itself: the recursive watch of Linux does the same, and for every file too, and that
 * of Wine stays silent (Bun 1.4.5). A directory that appears is watched with all that is below it.
 */
export function watchEachDirectory(side: WatchedSide, maxWatches: number): SideWatch {
  const watches = new Map<string, Watch>();
  arm("", []);
  return {
    close: () => {
      for (const { watcher } of watches.values()) watcher.close();
      watches.clear();
    },
  };

  /** From the outside in, so that the innermost are left out where there are too many. @returns what is watched now */
  function arm(directory: string, above: readonly string[]): readonly string[] {
    const armed: string[] = [];
    const queue = [{ name: directory, above }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const identity = directoryAt(next.name);
      // Links of claude home may lead in a circle.
      if (identity === undefined || next.above.includes(identity)) continue;
      if (!watchOne(next.name, { identity, above: next.above })) continue;
      armed.push(next.name);
      for (const name of directoriesIn(next.name)) queue.push({ name, above: [...next.above, identity] });
    }
    return armed;
  }

  function watchOne(directory: string, place: Omit<Watch, "watcher">): boolean {
    if (watches.size >= maxWatches) {
      side.incomplete();
      return false;
    }
    try {
      const watcher = watch(pathOf(directory), (event, name) => react(directory, event, name));
      watcher.on("error", () => lose(directory));
      watches.set(directory, { ...place, watcher });
      return true;
    } catch (cause) {
      // What nobody may read is skipped by a pass as well; ENOSPC and EMFILE are limits of the system.
      if (!isAbsence(cause) && errnoOf(cause) !== "EACCES") side.incomplete();
      return false;
    }
  }

  function react(directory: string, event: string, name: string | null): void {
    side.heard();
    if (name === null) {
      side.missed();
      return;
    }
    const inside = nameIn(directory, name);
    if (isTemporary(name) || !side.isWatched(inside)) return;
    const identity = directoryAt(inside);
    const known = watches.get(inside);
    // A directory changes with its entries, which have events of their own.
    if (event === "change" && identity !== undefined && known?.identity === identity) return;
    side.changed(inside);
    if (known?.identity !== identity) follow(inside, identity);
  }

  /** A directory came, went, or is another one by now: its old watch still speaks of the one that left. */
  function follow(name: string, identity: string | undefined): void {
    disarm(name);
    if (identity === undefined || !side.isWatched(name, "directory")) return;
    const slash = name.lastIndexOf("/");
    const parent = watches.get(slash === -1 ? "" : name.slice(0, slash));
    const above = parent === undefined ? [] : [...parent.above, parent.identity];
    // What came to be in them before they were watched raised no event.
    for (const directory of arm(name, above)) side.changed(directory);
  }

  function disarm(name: string): void {
    for (const [directory, { watcher }] of watches) {
      if (directory !== name && !directory.startsWith(`${name}/`)) continue;
      watcher.close();
      watches.delete(directory);
    }
  }

  /** Windows fails the watch of a directory that is removed. */
  function lose(directory: string): void {
    disarm(directory);
    side.missed();
    if (directoryAt(directory) !== undefined) side.incomplete();
  }

  function directoryAt(name: string): string | undefined {
    try {
      const look = side.followsLinks ? disk.statIfThere : disk.lstatIfThere;
      const stat = name === "" ? disk.statIfThere(side.root) : look(pathOf(name));
      if (stat?.isDirectory() !== true) return undefined;
      return stat.ino === 0n ? name : `${stat.dev}:${stat.ino}`;
    } catch {
      return undefined;
    }
  }

  function directoriesIn(directory: string): string[] {
    try {
      return disk
        .listEntries(pathOf(directory))
        .filter((entry) => entry.isDirectory() || (side.followsLinks && entry.isSymbolicLink()))
        .map((entry) => nameIn(directory, entry.name))
        .filter((name) => side.isWatched(name, "directory"));
    } catch {
      return [];
    }
  }

  function pathOf(name: string): string {
    return name === "" ? side.root : join(side.root, name);
  }
}

type Watch = {
  readonly watcher: FSWatcher;
  /** Which directory it is, and which are above it. */
  readonly identity: string;
  readonly above: readonly string[];
};

function nameIn(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

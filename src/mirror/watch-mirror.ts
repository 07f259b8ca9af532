import type { Side } from "../merge/three-way.ts";
import { isTemporary, isTransient } from "../tree/entries.ts";
import { SPLIT_DIRECTORY } from "../tree/odd-entries.ts";
import type { MirrorPlaces } from "./pass.ts";
import { type WatchedSide, watchEachDirectory } from "./watch-each-directory.ts";
import { watchWhole } from "./watch-whole.ts";

export type MirrorWatch = {
  /** What may have changed since the last call, relative to both roots; undefined: look at everything. */
  takeChanged(): ReadonlySet<string> | undefined;
  close(): void;
};

export type WatchOptions = {
  /** For both sides together. */
  readonly maxWatches?: number;
  /** One watch for all that is below a root. */
  readonly whole?: boolean;
};

type IsMirrored = (name: string, type: "file" | "directory") => boolean;

/**
 * Watches both sides of a mirror and wakes the caller at each change; putting a burst together is the caller's. What can't be
 * watched (too many directories, a limit of the system) needs looks at everything, whose pace is the caller's too.
 *
 * A watch per directory costs 10 µs and 4 KB, and wakes nobody by itself (Linux, Bun 1.4.5). On Windows a watch on a directory
 * keeps the ones above it from being renamed, so there is one for a whole side.
 */
export function watchMirror(
  places: Pick<MirrorPlaces, Side>,
  isMirrored: IsMirrored,
  wake: () => void,
  options: WatchOptions = {},
): MirrorWatch {
  const { maxWatches = MAX_WATCHES, whole = process.platform === "win32" } = options;
  let changed = new Set<string>();
  let events = 0;
  // What changed before the watches stood raised no event.
  let everything = true;
  let incomplete = false;
  const sides = { home: watchedSide("home"), tree: watchedSide("tree") };
  const share = maxWatches / 2;
  const watches = whole
    ? [watchWhole(sides, { maxWatches: share })]
    : [watchEachDirectory(sides.home, share), watchEachDirectory(sides.tree, share)];
  return { takeChanged, close };

  function watchedSide(side: Side): WatchedSide {
    return {
      root: places[side],
      followsLinks: side === "home",
      isWatched: (name, type) => isConcern(isMirrored, name, type),
      heard: () => {
        events += 1;
        if (events !== MAX_EVENTS) return;
        everything = true;
        wake();
      },
      changed: (name) => {
        changed.add(name);
        wake();
      },
      missed: () => {
        everything = true;
        wake();
      },
      incomplete: () => {
        incomplete = true;
      },
    };
  }

  function takeChanged(): ReadonlySet<string> | undefined {
    const known = everything || (incomplete && changed.size === 0) ? undefined : changed;
    changed = new Set();
    events = 0;
    everything = false;
    return known;
  }

  function close(): void {
    for (const one of watches) one.close();
  }
}

/** 30 MB of memory; Linux before 5.11 allowed a user 8,192. */
const MAX_WATCHES = 8000;

/**
 * The kernel drops what its queue of 16,384 can't take, and Bun does not say so; of what it took, Bun gives several about one name
 * as one (1.4.5).
 */
const MAX_EVENTS = 4096;

/** The rules of a pass, for a name of which only the type of its last part may be known. */
function isConcern(isMirrored: IsMirrored, name: string, type: "directory" | undefined): boolean {
  const [first = "", second, ...deeper] = name.split("/");
  const last = deeper.at(-1) ?? second ?? first;
  if (isTransient(first) || isTemporary(last)) return false;
  // Deeper down a lock is a directory.
  if (type === "directory" && last.endsWith(".lock")) return false;
  if (first === SPLIT_DIRECTORY && second === undefined) return true;
  const asked = first === SPLIT_DIRECTORY ? `${first}/${second}` : first;
  if (asked !== name || type === "directory") return isMirrored(asked, "directory");
  return isMirrored(asked, "directory") || isMirrored(asked, "file");
}

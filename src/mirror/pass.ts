import { sep } from "node:path";
import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import type { FileStat } from "../disk/read-file.ts";
import { syncDirectory } from "../disk/write-file.ts";
import { ClauthError, errnoOf } from "../errors.ts";
import type { Side } from "../merge/three-way.ts";
import type { Skipped } from "../tree/step.ts";
import type { Outgoing } from "./late-lines.ts";
import { type Agreed, isOfIndex, type MirrorIndex } from "./mirror-index.ts";
import { canSyncFileSystem, syncFileSystem } from "./sync-file-system.ts";

export type MirrorPlaces = {
  /** `~/.claude` */
  readonly home: string;
  /** The runtime tree. */
  readonly tree: string;
  /** Where the index is kept. */
  readonly base: string;
  /** Quarantine. */
  readonly backups: string;
};

/** One thing that was done, and to which side. */
export type MirrorStep = { readonly do: Deed; readonly name: string; readonly to: Side };

type Deed =
  /** The other side's file was written here. */
  | "carry"
  /** What the other side's file grew by was appended here. */
  | "append"
  /** The other side's file was written over one that changed too, and is in quarantine. */
  | "win"
  /** Both were appended to: this side has the lines of either. */
  | "join"
  | "mode"
  | "make-directory"
  /** The other side's link was made here. */
  | "link"
  /** A link of the tree can't be made in claude home, whose file system has none. Said once. */
  | "keep-link"
  /** Removed here because the other side removed it; the bytes, or the text of a link, are in quarantine. */
  | "remove"
  | "remove-link"
  | "remove-directory";

/** What the other side removed, and what it was when that was judged. */
export type Removal = { readonly name: string; readonly from: Side } & (
  | { readonly do: "remove"; readonly stat: FileStat; readonly hash: string }
  | { readonly do: "remove-link" }
  | { readonly do: "remove-directory" }
);

/** A pass under way. */
export type Pass = {
  readonly places: MirrorPlaces;
  /** Which directory claude home is. */
  readonly root: string;
  /** Where our own directories really are, the tree first. */
  readonly ours: readonly string[];
  readonly isMirrored: (name: string, type: "file" | "directory") => boolean;
  readonly index: MirrorIndex;
  readonly done: MirrorStep[];
  readonly skipped: Skipped[];
  /** Those of them that the disk refused. */
  readonly failed: Skipped[];
  /** Carried out last, when it is known how many they are. */
  readonly removals: Removal[];
  /** Hashes of the files that are new on both sides: a removed one with such bytes was moved. */
  readonly created: Set<string>;
  /** Directories with new names in them that may not have reached the disk. */
  readonly unsynced: Set<string>;
  /** One path for each file system with new files in it that have not. */
  readonly unsyncedDevices: Map<bigint, string>;
  /** Logs whose name was given to a copy, and that somebody may still append to. */
  readonly outgoing: Outgoing[];
  /** Rows that wait for a commit. */
  pending: number;
  /** What another pass could do more about. */
  readonly left: Set<string>;
  /** What takes the place of something that goes first. */
  readonly replacing: Set<string>;
  /** Told how much was carried, each time that something was. */
  readonly told: ((carried: number) => void) | undefined;
};

export function pathOn(pass: Pick<Pass, "places">, side: Side, name: string): string {
  // By hand: this runs twice for every file of a look at everything.
  return `${pass.places[side]}${sep}${sep === "/" ? name : name.replaceAll("/", sep)}`;
}

export function otherSide(side: Side): Side {
  return side === "home" ? "tree" : "home";
}

/** Remembers an agreement; made durable after what it speaks of. */
export function agree(pass: Pass, name: string, agreed: Agreed): void {
  pass.index.put(name, agreed);
  pass.pending += 1;
  if (pass.pending >= ROWS_AT_ONCE) settle(pass);
  pass.told?.(pass.done.length);
}

/** True where a new file is made durable with all the others of this pass: from so many on that is the cheaper way. */
export function syncsLater(pass: Pass): boolean {
  return pass.done.length >= ALONE && canSyncFileSystem();
}

const ALONE = 32;

/**
 * Makes the directory entries durable, then the rows: an index ahead of the disk would take what a power loss undid for a
 * deletion of somebody's.
 */
export function settle(pass: Pass): void {
  for (const path of pass.unsyncedDevices.values()) syncFileSystem(path);
  pass.unsyncedDevices.clear();
  for (const directory of pass.unsynced) {
    if (disk.statIfThere(directory) !== undefined) syncDirectory(directory);
  }
  pass.unsynced.clear();
  pass.index.commit();
  pass.pending = 0;
}

/** A kill costs the comparison of so many files. */
const ROWS_AT_ONCE = 1024;

/**
 * Leaves an entry as it is; the others go on.
 * @throws the cause where it is not this entry's: an index that failed has dropped what was put into it, too
 */
export function fail(pass: Pick<Pass, "skipped" | "failed" | "left">, name: string, cause: unknown): void {
  if (isOfIndex(cause) || !(cause instanceof ClauthError || errnoOf(cause) !== undefined)) throw cause;
  const error = domainError(cause, "carry", name);
  const skipped = { name, why: error.message };
  pass.skipped.push(skipped);
  pass.failed.push(skipped);
  // On Windows a file that another program has open is refused like one that may not be touched.
  if (error.retrySafe || (process.platform === "win32" && error.kind === "store_denied"))
    lookAgain(pass, name);
}

/** For what is in use or being written right now. */
export function lookAgain(pass: Pick<Pass, "left">, name: string): void {
  pass.left.add(name);
}

import { join } from "node:path";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { isObject, ownValue, parseJson } from "../json.ts";
import { type StoreLock, withStoreLock } from "../lock/store-lock.ts";
import {
  type MirrorOutcome,
  type MirrorPlaces,
  type MirrorRequest,
  mirrorPass,
} from "../mirror/mirror-pass.ts";
import { watchMirror } from "../mirror/watch-mirror.ts";
import { dropCopies } from "../tree/drop-copies.ts";
import { type Isolation, SPLIT_DIRECTORY } from "../tree/entries.ts";
import { isLinkMode, type LinkMode } from "../tree/link-mode.ts";
import { type IsMirrored, mirroredIn } from "../tree/mirrored.ts";
import { type Skipped, skip } from "../tree/step.ts";
import { distrustMirror, mirrorMark, trustMirror } from "./base.ts";
import { withBaseGuard } from "./base-guard.ts";
import type { Places } from "./places.ts";

export type MirrorOptions = {
  readonly isolate: Isolation;
  /** True where nothing lives in the tree. */
  readonly idle: boolean;
  /** Names relative to both roots; undefined: everything is looked at. */
  readonly changed: ReadonlySet<string> | undefined;
  /** The user meant what an earlier pass halted at. */
  readonly removals?: MirrorRequest["removals"];
  /** How long to wait for another process that copies into this tree, in milliseconds. */
  readonly waitMs: number;
  /** Says one line to the log. */
  readonly say: (text: string) => void;
};

/**
 * Makes the copies in a tree and what they are copies of agree. Under a lock of its own and no other, because a first pass may
 * copy for minutes: other profiles wait for none of it. What the index knows counts only for what it was made of: other roots, another
 * mode or another isolation unite the sides, and nothing is deleted.
 * @throws ClauthError `store_busy` (retry-safe), or as `mirrorPass`
 */
export function mirrorTree(places: Places, options: MirrorOptions): MirrorOutcome {
  return withStoreLock(mirrorLock(places), options, () => {
    const mark = JSON.stringify({ mode: places.mode, isolate: options.isolate });
    const known = withBaseGuard(places, () => mirrorMark(places));
    const trusted = known === mark;
    const kept = trusted || !options.idle ? [] : dropIsolated(places, known, options.isolate);
    const outcome = mirrorPass({
      places: mirrorPlaces(places),
      isMirrored: isMirroredIn(places, options.isolate),
      changed: trusted ? options.changed : undefined,
      trusted,
      removals: options.removals,
    });
    const looked = options.changed === undefined || !trusted;
    if (looked && sawEverything(outcome))
      withBaseGuard(places, () => trustMirror(places, mark, outcome.halted));
    const all = { ...outcome, skipped: [...kept, ...outcome.skipped] };
    for (const line of newsIn(all)) options.say(`copies: ${line}`);
    return all;
  });
}

/**
 * Before links take the place of copied directories: what is the same at home goes, so that the open which makes the links and
 * holds the state lock finds next to nothing to unite. Other starts of the profile wait meanwhile, or find `isAlone` false for us.
 * @throws ClauthError `store_busy` (retry-safe), or as `domainError`
 */
export function dropCopiedDirectories(places: Places, isolate: Isolation, isAlone: () => boolean): void {
  const { paths, claude } = places;
  withStoreLock(mirrorLock(places), { waitMs: 2000 }, () => {
    if (!isAlone()) return;
    withBaseGuard(places, () => distrustMirror(places));
    const isMirrored = isMirroredIn(places, isolate);
    for (const entry of disk.listEntries(paths.runtime)) {
      if (!entry.isDirectory() || entry.name === SPLIT_DIRECTORY) continue;
      if (!isMirrored(entry.name, "directory")) continue;
      const tree = join(paths.runtime, entry.name);
      attempt("remove the copies in", tree, () => dropCopies(tree, join(claude.root, entry.name)));
    }
  });
}

function mirrorLock({ paths }: Places): StoreLock {
  return { rank: "mirror", files: [join(paths.base, ".mirror.lock")] };
}

/** What took something from somebody, or failed as a whole. What is carried is not said: transcripts grow with every word. */
function newsIn({ done, failed = [], halted }: MirrorOutcome): readonly string[] {
  const lost = done.filter((step) => step.do === "win" || step.do === "join");
  const removed = (["home", "tree"] as const).flatMap((side) => {
    const count = done.filter((step) => step.do.startsWith("remove") && step.to === side).length;
    return count === 0 ? [] : [`removed from ${side} what the other side removed: ${count}`];
  });
  return [
    ...lost.map((step) => `${step.do === "win" ? "the later" : "both"} of ${step.name} kept`),
    ...removed,
    ...failed.slice(0, 20).map(({ name, why }) => `${name}: ${why}`),
    ...(halted === undefined ? [] : [halted]),
  ];
}

/** What is said of the root is said of everything. */
function sawEverything({ skipped }: MirrorOutcome): boolean {
  return skipped.every(({ name }) => name !== "");
}

/** Watches all that `mirrorTree` carries. */
export function watchCopies(places: Places, isolate: Isolation, wake: () => void) {
  return watchMirror(mirrorPlaces(places), isMirroredIn(places, isolate), wake);
}

function mirrorPlaces({ claude, paths }: Places): MirrorPlaces {
  return { home: claude.root, tree: paths.runtime, base: paths.base, backups: paths.backups };
}

function isMirroredIn({ paths, mode = "copy" }: Places, isolate: Isolation): IsMirrored {
  return mirroredIn(paths.runtime, { mode, isolate });
}

/**
 * An entry that was shared until now begins as the profile's own without the copies, as it does where a link goes.
 * @returns those that had to keep some
 */
function dropIsolated({ paths, claude }: Places, known: string | undefined, isolate: Isolation): Skipped[] {
  const before = parseMark(known);
  const skipped: Skipped[] = [];
  if (before === undefined) return skipped;
  const [was, is] = [mirroredIn(paths.runtime, before), mirroredIn(paths.runtime, { ...before, isolate })];
  for (const entry of disk.listEntries(paths.runtime)) {
    const type = entry.isDirectory() ? "directory" : "file";
    if (entry.isSymbolicLink() || !was(entry.name, type) || is(entry.name, type)) continue;
    const tree = join(paths.runtime, entry.name);
    try {
      dropCopies(tree, join(claude.root, entry.name));
    } catch (cause) {
      skipped.push(skip(entry.name, domainError(cause, "remove the copies in", tree).message));
    }
  }
  return skipped;
}

function parseMark(mark: string | undefined): { mode: LinkMode; isolate: Isolation } | undefined {
  const value = mark === undefined ? undefined : parseJson(new TextEncoder().encode(mark));
  if (!isObject(value)) return undefined;
  const [mode, isolate] = [ownValue(value, "mode"), ownValue(value, "isolate")];
  if (!isLinkMode(mode)) return undefined;
  if (isolate === "all") return { mode, isolate };
  return Array.isArray(isolate)
    ? { mode, isolate: isolate.filter((name) => typeof name === "string") }
    : undefined;
}

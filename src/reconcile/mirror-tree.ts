import { join } from "node:path";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { isObject, type Json, ownValue, parseJson } from "../json.ts";
import { type StoreLock, withStoreLock } from "../lock/store-lock.ts";
import {
  type MirrorOutcome,
  type MirrorPlaces,
  type MirrorRequest,
  mirrorPass,
} from "../mirror/mirror-pass.ts";
import { watchMirror } from "../mirror/watch-mirror.ts";
import { dropCopies } from "../tree/drop-copies.ts";
import type { Isolation } from "../tree/entries.ts";
import { isLinkMode, type LinkMode } from "../tree/forced-mode.ts";
import { type IsMirrored, mirroredIn } from "../tree/mirrored.ts";
import { SPLIT_DIRECTORY } from "../tree/odd-entries.ts";
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
  readonly told?: MirrorRequest["told"];
};

/**
 * Makes the copies in a tree and what they are copies of agree. Under a lock of its own and no other, because a first pass may
 * copy for minutes: other profiles wait for none of it. What the index knows counts only for what it was made of: other roots, another
 * mode or another isolation unite the sides, and nothing is deleted.
 * @throws ClauthError `store_busy` (retry-safe), or as `mirrorPass`
 */
export function mirrorTree(places: Places, options: MirrorOptions): MirrorOutcome {
  return withStoreLock(mirrorLock(places), options, () => {
    const { mode = "copy" } = places;
    const { isolate, idle } = options;
    const known = parseMark(withBaseGuard(places, () => mirrorMark(places)));
    const trusted = known?.mode === mode && isEqual(known.isolate, isolate);
    const copied = known?.copied ?? known?.isolate ?? isolate;
    const kept =
      idle && known !== undefined ? dropIsolated(places, { ...known, isolate: copied }, isolate) : [];
    const waits = (!idle || kept.length > 0) && !isEqual(copied, isolate);
    const mark: Mark = { mode, isolate, ...(waits && { copied }) };
    const outcome = mirrorPass({
      places: mirrorPlaces(places),
      isMirrored: isMirroredIn(places, isolate),
      changed: trusted ? options.changed : undefined,
      trusted,
      removals: options.removals,
      told: options.told,
    });
    const looked = options.changed === undefined || !trusted;
    if (looked && sawEverything(outcome))
      withBaseGuard(places, () => trustMirror(places, JSON.stringify(mark), outcome.halted));
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
  const { paths } = places;
  withStoreLock(mirrorLock(places), { waitMs: 2000 }, () => {
    if (!isAlone()) return;
    withBaseGuard(places, () => distrustMirror(places));
    const isMirrored = isMirroredIn(places, isolate);
    for (const entry of disk.listEntries(paths.runtime)) {
      if (!entry.isDirectory() || entry.name === SPLIT_DIRECTORY) continue;
      if (!isMirrored(entry.name, "directory")) continue;
      const tree = join(paths.runtime, entry.name);
      attempt("remove the copies in", tree, () => dropCopiesOf(places, entry.name));
    }
  });
}

function dropCopiesOf({ paths, claude }: Places, name: string): void {
  const roots = { runtime: paths.runtime, claudeRoot: claude.root };
  dropCopies(join(paths.runtime, name), join(claude.root, name), roots);
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
  const [kept, ...alike] = done.filter((step) => step.do === "keep-link");
  const others = alike.length === 0 ? "" : ` and ${alike.length} more`;
  return [
    ...(kept === undefined
      ? []
      : [`claude home can have no links: ${kept.name}${others} stay in the tree alone`]),
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
function dropIsolated(places: Places, before: Mark, isolate: Isolation): Skipped[] {
  const { paths } = places;
  if (isEqual(before.isolate, isolate)) return [];
  const skipped: Skipped[] = [];
  const [was, is] = [mirroredIn(paths.runtime, before), mirroredIn(paths.runtime, { ...before, isolate })];
  for (const entry of disk.listEntries(paths.runtime)) {
    const type = entry.isDirectory() ? "directory" : "file";
    if (entry.isSymbolicLink() || !was(entry.name, type) || is(entry.name, type)) continue;
    const tree = join(paths.runtime, entry.name);
    try {
      dropCopiesOf(places, entry.name);
    } catch (cause) {
      skipped.push(skip(entry.name, domainError(cause, "remove the copies in", tree).message));
    }
  }
  return skipped;
}

/** What the index was made with. */
type Mark = {
  readonly mode: LinkMode;
  readonly isolate: Isolation;
  /** An earlier isolation, where copies that were made by it still wait for an idle tree to go. */
  readonly copied?: Isolation | undefined;
};

function parseMark(text: string | undefined): Mark | undefined {
  const value = text === undefined ? undefined : parseJson(new TextEncoder().encode(text));
  if (!isObject(value)) return undefined;
  const mode = ownValue(value, "mode");
  const isolate = parseIsolation(ownValue(value, "isolate"));
  if (!isLinkMode(mode) || isolate === undefined) return undefined;
  return { mode, isolate, copied: parseIsolation(ownValue(value, "copied")) };
}

function parseIsolation(value: Json | undefined): Isolation | undefined {
  if (value === "all") return value;
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : undefined;
}

function isEqual(a: Isolation, b: Isolation): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

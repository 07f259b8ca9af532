import { attempt } from "../disk/attempt.ts";
import { disk, letGo } from "../disk/disk.ts";
import { constants, type Stats } from "../fs.ts";
import { log } from "../log.ts";
import { pause } from "../pause.ts";
import type { Places } from "../reconcile/places.ts";
import { directoriesOf, encodeRestNote, type RestNote, restNotePath, seeAll } from "../reconcile/rest.ts";
import { MISSING, signatureOf } from "../reconcile/signature.ts";
import { asClauthError } from "../report.ts";
import { readManifest } from "../tree/manifest.ts";
import { livesAlone } from "./alone.ts";
import { placeHere } from "./liveness.ts";
import { makeReady } from "./make-ready.ts";
import { configSignature } from "./open-locks.ts";
import type { Session } from "./session.ts";

/**
 * The last one out of a tree does what the next open would do. Where that changes nothing, it notes what all of it looked like: while
 * it still does, the next open has nothing to do. Never throws: without a note an open looks for itself. The caller holds the
 * state lock.
 */
export function noteRest(session: Session): void {
  const { places, record, store } = session;
  const path = restNotePath(places.paths);
  try {
    if (!canBeNoted(session) || !livesAlone(places.paths, record.path)) return;
    attempt("write", path, () => note(session, path));
  } catch (error) {
    log(store, places.profile, `what the next start may pass over: ${asClauthError(error).message}`);
  }
}

/** On Windows it was never seen what a directory's times tell. */
function canBeNoted({ places, config }: Session): boolean {
  const { paths, lookAtTree, mode } = places;
  return (
    process.platform !== "win32" &&
    mode === "symlink" &&
    lookAtTree === undefined &&
    signatureOf(paths.config) === configSignature(config) &&
    signatureOf(paths.pendingCredentials) === MISSING
  );
}

function note(session: Session, path: string): void {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  const descriptor = disk.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const clock = () => clockBy(descriptor);
    // What the first round does the second finds done.
    const rest = restOf(session, clock) ?? restOf(session, clock);
    if (rest !== undefined) write(descriptor, rest);
  } finally {
    letGo(descriptor);
  }
}

function restOf(session: Session, clock: () => Moment): RestNote | undefined {
  const { places, home, executable, forced } = session;
  const by = { executable, bootId: placeHere().bootId, forced };
  const files = filesDescribed(session);
  const see = () => seeAll(places, by, files).seen;
  const before = seeLater(places, clock, see);
  if (before === undefined) return undefined;
  const { mode, outstanding, imperfect } = makeReady(places, session, { home, forced, alone: true });
  if (mode !== "symlink" || outstanding || imperfect) return undefined;
  return before.seen === see() ? { ...before, files } : undefined;
}

/** A `.jsonl` grows all the time, and nothing is made of what the manifest says of it. */
function filesDescribed({ places }: Session): string[] {
  const described = readManifest(places.paths)?.entries.keys() ?? [];
  return [...described].filter((name) => !name.endsWith(".jsonl"));
}

/**
 * Looks at everything once the file system's clock went on since names, login and documents changed last: what changes after the
 * look then has a later time. That is the case where claude's last write was some milliseconds ago, else waited for.
 */
function seeLater(
  places: Places,
  clock: () => Moment,
  see: () => string | undefined,
): Pick<RestNote, "at" | "seen"> | undefined {
  for (let tries = 0; tries < TICK_TRIES; tries++) {
    const now = clock();
    const seen = see();
    if (seen === undefined) return undefined;
    const age = (path: string) => ageOf(disk.statIfThere(path), now);
    const ages = [...directoriesOf(places), places.paths.credentials].map(age);
    if (ages.includes("untold")) return undefined;
    // One that a link leads to on another device is told by its size and inode, as everywhere.
    const ofDocuments = documentsOf(places).map(age);
    if (![...ages, ...ofDocuments].includes("young")) return { at: Number(now.ns / 1_000_000n), seen };
    pause(1);
  }
  return undefined;
}

/** Written in place by editors, where no directory's time says so. */
function documentsOf({ homeJson, treeJson, claude, treeSettings, paths }: Places): readonly string[] {
  return [homeJson, treeJson, claude.settings, treeSettings, paths.config];
}

/** The clock of Linux' file systems ticks every 10 ms at the slowest. */
const TICK_TRIES = 25;

/** A time by the clock of a file system. */
export type Moment = { readonly dev: bigint; readonly ns: bigint };

/**
 * Whether what changes from `now` on is told by its time of change. Not on another device, whose clock may be another, and not
 * where a file system keeps whole seconds.
 */
export function ageOf(
  stat: Pick<Stats, "dev" | "ctimeNs"> | undefined,
  now: Moment,
): "older" | "young" | "untold" {
  if (stat === undefined) return "older";
  if (stat.dev !== now.dev || stat.ctimeNs % 1_000_000_000n === 0n) return "untold";
  return stat.ctimeNs < now.ns ? "older" : "young";
}

/** Writes a byte and asks what time that was. What was noted before goes by it. */
function clockBy(descriptor: number): Moment {
  disk.write(descriptor, new Uint8Array([LINE_END]), 0, 0);
  disk.truncate(descriptor, 1);
  const { dev, mtimeNs } = disk.statOpen(descriptor);
  return { dev, ns: mtimeNs };
}

const LINE_END = 10;

/** In place, so that nothing is synced or renamed: what a kill or a power loss leaves of it does not parse. */
function write(descriptor: number, rest: RestNote): void {
  const bytes = encodeRestNote(rest);
  for (let done = 0; done < bytes.length; ) done += disk.write(descriptor, bytes.subarray(done), 0, done);
}

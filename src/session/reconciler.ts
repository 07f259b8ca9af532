import { watch } from "node:fs";
import { basename, join } from "node:path";
import { isInFlightTo } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { openLockFile, tryFlock, unlockAndClose } from "../lock/flock.ts";
import { log } from "../log.ts";
import { forgetPrepared } from "../reconcile/live-document.ts";
import { livePass, preparePass } from "../reconcile/live-pass.ts";
import { asClauthError } from "../report.ts";
import { closeWatchesBehindUs } from "../run/close-behind.ts";
import type { Session } from "./session.ts";

export type Reconciler = {
  /** Stops watching. Resolves when a pass that was under way has ended; none starts afterwards. */
  stop(): Promise<void>;
};

/** Watches the copies of a tree that has no links, and what they are copies of, at any depth. */
export type WatchCopies = (wake: () => void) => CopiesWatched;

type CopiesWatched = {
  readonly takeChanged: () => ReadonlySet<string> | undefined;
  readonly close: () => void;
};

/**
 * Reconciles while claude runs: woken by the kernel when a file changes, never by a clock. One shim per profile does so;
 * the others watch for the end of a session and then try to take over.
 */
export function startReconciler(session: Session, watchCopies?: WatchCopies): Reconciler {
  const { places } = session;
  const watchers: { close(): void }[] = [];
  let copies: CopiesWatched | undefined;
  let election: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** In the middle of the wait, when a burst is over mostly: by its end all but the writing is done. */
  let preparation: ReturnType<typeof setTimeout> | undefined;
  let dueAtOnce = false;
  let isBurst = false;
  let heardBefore = "";
  /** Another shim's file that was last heard of: its name comes again with all that happens to it. */
  let inFlight = "";
  let lastMerge = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> = Promise.resolve();
  let stopped = false;

  if (!takeOffice()) {
    watchDirectory(places.paths.sessions, () => true, takeOffice);
    // The one in charge may have ended before the watch stood.
    takeOffice();
  }
  closeWatchesBehindUs();
  return { stop };

  function takeOffice(): boolean {
    if (election !== undefined || stopped) return true;
    election = elect(places.paths.reconcileLock);
    if (election === undefined) return false;
    watchEverything();
    return true;
  }

  /** Directories, because a watch on a file dies at the first rename over it (measured on Bun 1.4.5). */
  function watchEverything(): void {
    const soon = () => schedule(DEBOUNCE_MS);
    watchDirectory(places.paths.runtime, isNoPassingFile, (name) => schedule(patienceFor(name)));
    watchDirectory(places.paths.root, among("credentials.json"), soon);
    watchDirectory(places.claude.root, isNoPassingFile, soon);
    watchDirectory(session.home, () => true, heardAtHome);
    copies = watchCopies?.(soon);
    // What changed between the open and the arming of the watches raised no event.
    schedule(0);
  }

  /**
   * A merge of another profile's shim has no second half that could be waited for: its file in flight gets the name in one step, which
   * is heard as these two, and its own burst was waited for already. Where a claude writes here too, or the last one was only just
   * carried, it is waited for as ever.
   */
  function heardAtHome(name: string): void {
    // Where the system gives no name it may be any.
    if (name === "" || name === basename(places.homeJson)) {
      const isMerge = isInFlightTo(places.homeJson, heardBefore);
      const isQuiet = !isBurst && performance.now() - lastMerge > DEBOUNCE_MS;
      if (isMerge && isQuiet) lastMerge = performance.now();
      schedule(isMerge && isQuiet ? 0 : DEBOUNCE_MS);
    } else if (name !== inFlight && isInFlightTo(places.homeJson, name)) {
      inFlight = name;
      if (!stopped && !isBurst && !dueAtOnce) prepareIn(WRITTEN_MS, join(session.home, name));
    }
    heardBefore = name;
  }

  function watchDirectory(
    path: string,
    isWatched: (name: string) => boolean,
    wake: (name: string) => void,
  ): void {
    try {
      const watcher = watch(path, (_event, name) => {
        if (name === null || isWatched(name)) wake(name ?? "");
      });
      watcher.on("error", () => watcher.close());
      watchers.push(watcher);
    } catch {
      log(session.store, places.profile, `can't watch ${path}: what changes there is carried at the end`);
    }
  }

  /** What happens meanwhile puts a pass off, but never one that is due at once. */
  function schedule(delayMs: number): void {
    if (stopped || dueAtOnce) return;
    forgetTimers();
    dueAtOnce = delayMs === 0;
    isBurst = delayMs === DEBOUNCE_MS;
    // The shortest timer takes a millisecond (measured on Bun 1.4.5).
    if (dueAtOnce) setImmediate(begin);
    else timer = setTimeout(begin, delayMs);
    if (isBurst) prepareIn(DEBOUNCE_MS / 2);
  }

  function prepareIn(delayMs: number, homeInFlight?: string): void {
    clearTimeout(preparation);
    preparation = setTimeout(preparePass, delayMs, session, homeInFlight);
  }

  function begin(): void {
    forgetTimers();
    dueAtOnce = false;
    isBurst = false;
    underWay = underWay.then(pass);
  }

  function forgetTimers(): void {
    clearTimeout(timer);
    clearTimeout(preparation);
    timer = undefined;
  }

  /** Nothing that goes wrong here may end the shim while claude runs: what is left is carried at the end. */
  async function pass(): Promise<void> {
    if (stopped) return;
    try {
      const changed = copies?.takeChanged;
      const { again } = await livePass(session, { moment: "running", quiet: () => false, changed });
      // What happened during this pass asked for an earlier one already.
      if (again !== undefined && timer === undefined) schedule(again);
    } catch (error) {
      log(session.store, places.profile, `unexpected: ${asClauthError(error).message}`);
    }
  }

  async function stop(): Promise<void> {
    stopped = true;
    forgetTimers();
    copies?.close();
    // On Linux they end with the process: closing one wakes the thread that reads their events, and waits for it.
    if (process.platform !== "linux") for (const watcher of watchers) watcher.close();
    await underWay;
    forgetPrepared(session.memory);
    if (election !== undefined) unlockAndClose(election);
    election = undefined;
  }
}

/** Claude Code writes in bursts of about ten events. */
const DEBOUNCE_MS = 50;

/** After so many milliseconds a file in flight is whole: it is written at once, half of DEBOUNCE_MS before it gets its name. */
const WRITTEN_MS = 5;

/** A rotated token is one rename, and until it is canonical a kill could leave the profile with a used one. */
function patienceFor(name: string): number {
  return name === ".credentials.json" ? 0 : DEBOUNCE_MS;
}

function among(...names: readonly string[]): (name: string) => boolean {
  return (name) => names.includes(name);
}

/** Lock directories and temporary files come and go with every write: the rename that ends them is what counts. */
function isNoPassingFile(name: string): boolean {
  return !/\.lock(\.owner)?$|\.tmp(\.|$)/.test(name);
}

/** Called by a watch too, where an error would end the shim: a lock that can't be opened is not ours. */
function elect(path: string): number | undefined {
  try {
    const descriptor = openLockFile(path);
    if (tryFlock(descriptor, "exclusive") === "held") return descriptor;
    unlockAndClose(descriptor);
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
  }
  return undefined;
}

import { dirname, join } from "node:path";
import { sweepTemporaries } from "../disk/sweep.ts";
import { ClauthError } from "../errors.ts";
import { stateLock, withStoreLock } from "../lock/store-lock.ts";
import { pruneQuarantine } from "../quarantine.ts";
import { livePass } from "../reconcile/live-pass.ts";
import type { Reconciled } from "../reconcile/pass.ts";
import type { Places } from "../reconcile/places.ts";
import { livesAlone, othersMayWriteHome } from "./alone.ts";

export type LastPass = {
  /** True where nothing else lived in the tree: then everything was carried. */
  readonly alone: boolean;
  /** Lines for the user. */
  readonly lines: readonly string[];
  /** True where everything was carried, and nothing waits. */
  readonly complete: boolean;
};

/**
 * The pass after claude's end. The last one out of a tree carries everything; beside another session it carries what is
 * certain and leaves the rest to that session's shim.
 * @param own the caller's record, where it has one
 */
export async function lastPass(reconciled: Reconciled, own?: { readonly path: string }): Promise<LastPass> {
  const { places } = reconciled;
  const alone = livesAlone(places.paths, own?.path);
  const quiet = () => alone && !othersMayWriteHome(places);
  const moment = alone ? "final" : "running";
  const { notes, again, failed } = await livePass(reconciled, { moment, quiet });
  if (alone) tidy(reconciled);
  return { alone, lines: notes, complete: alone && again === undefined && failed === undefined };
}

/** What killed processes left, and quarantine beyond its limits. Nobody waits for it: a busy lock leaves it for next time. */
function tidy({ places, store }: Reconciled): void {
  const { paths } = places;
  try {
    withStoreLock(stateLock(store), { waitMs: 0 }, () => pruneQuarantine(paths));
    for (const directory of directoriesWrittenTo(places)) {
      sweepTemporaries(directory);
    }
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
  }
}

function directoriesWrittenTo({ paths, claude, homeJson }: Places): readonly string[] {
  return [paths.root, paths.base, claude.root, join(claude.root, "plugins"), dirname(homeJson)];
}

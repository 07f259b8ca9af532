import { log } from "../log.ts";
import { mirrorTree } from "../reconcile/mirror-tree.ts";
import { livesAlone } from "./alone.ts";
import type { Session } from "./open.ts";

/**
 * Brings the copies of a tree up to date before claude starts. The session has its record already, so that nobody takes the tree
 * for unused meanwhile, and no lock that another profile would wait for. What can't be copied is in the log and stops nothing.
 * @throws ClauthError `store_busy` (retry-safe) where another start of the profile still copies
 */
export function fillTree({ store, places, config, record }: Session): void {
  const { skipped, halted } = mirrorTree(places, {
    isolate: config.isolate,
    idle: livesAlone(places.paths, record.path),
    changed: undefined,
    waitMs: FILL_WAIT_MS,
  });
  for (const { name, why } of skipped) log(store, places.profile, `copies: ${name}: ${why}`);
  if (halted !== undefined) log(store, places.profile, `copies: ${halted}`);
}

/** A tree is copied once; from then on a start compares names and times. */
const FILL_WAIT_MS = 25_000;

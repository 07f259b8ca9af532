import { log } from "../log.ts";
import { withBaseGuard } from "../reconcile/base-guard.ts";
import { mirrorTree } from "../reconcile/mirror-tree.ts";
import { openCredentials } from "../reconcile/open-credentials.ts";
import { livesAlone } from "./alone.ts";
import type { Session } from "./open.ts";
import { releaseRecord } from "./record.ts";

/**
 * Brings the copies of a tree up to date before claude starts. The session has its record already, so that nobody takes the tree
 * for unused meanwhile, and no lock that another profile would wait for. What can't be copied stops nothing; where it fails as a
 * whole the session is over.
 * @throws ClauthError `store_busy` (retry-safe) where another start of the profile still copies, `account_refused`
 */
export function fillTree(session: Session): void {
  try {
    fill(session);
  } catch (error) {
    releaseRecord(session.record);
    throw error;
  }
}

function fill({ store, places, config, record }: Session): void {
  const alone = livesAlone(places.paths, record.path);
  mirrorTree(places, {
    isolate: config.isolate,
    idle: alone,
    changed: undefined,
    waitMs: FILL_WAIT_MS,
    say: (text) => log(store, places.profile, text),
  });
  // A first copy takes minutes, in which the Rust tool may have rotated the token.
  withBaseGuard(places, () => openCredentials(places, { pin: config.account, alone }));
}

/** A tree is copied once; from then on a start compares names and times. */
const FILL_WAIT_MS = 25_000;

import type { Context } from "../context.ts";
import { log } from "../log.ts";
import type { ProfileName } from "../profile-name.ts";
import { withBaseGuard } from "../reconcile/base-guard.ts";
import { mirrorTree } from "../reconcile/mirror-tree.ts";
import { openCredentials } from "../reconcile/open-credentials.ts";
import { notice } from "../report.ts";
import { livesAlone } from "./alone.ts";
import { releaseRecord } from "./record.ts";
import type { Session } from "./session.ts";

/**
 * Brings the copies of a tree up to date before claude starts. The session has its record already, so that nobody takes the tree
 * for unused meanwhile, and no lock that another profile would wait for. What can't be copied stops nothing; where it fails as a
 * whole the session is over.
 * @throws ClauthError `store_busy` (retry-safe) where another start of the profile still copies, `account_refused`
 */
export function fillTree(session: Session, context?: Pick<Context, "env" | "stderr">): void {
  try {
    fill(session, context);
  } catch (error) {
    releaseRecord(session.record);
    throw error;
  }
}

function fill(
  { store, places, config, record }: Session,
  context: Pick<Context, "env" | "stderr"> | undefined,
): void {
  const alone = livesAlone(places.paths, record.path);
  mirrorTree(places, {
    isolate: config.isolate,
    idle: alone,
    changed: undefined,
    waitMs: FILL_WAIT_MS,
    say: (text) => log(store, places.profile, text),
    told: context && onceItTakesLong((carried) => sayOnTerminal(context, places.profile, carried)),
  });
  // A first copy takes minutes, in which the Rust tool may have rotated the token.
  withBaseGuard(places, () => openCredentials(places, { pin: config.account, alone }));
}

/** Calls once, when more time has passed than anybody would wait without a word. */
function onceItTakesLong(say: (carried: number) => void): (carried: number) => void {
  const begun = performance.now();
  let said = false;
  return (carried) => {
    if (said || performance.now() - begun < PATIENCE_MS) return;
    said = true;
    say(carried);
  };
}

const PATIENCE_MS = 2000;

function sayOnTerminal(
  context: Pick<Context, "env" | "stderr">,
  profile: ProfileName,
  carried: number,
): void {
  if (!context.stderr.isTerminal) return;
  notice(
    context,
    `copying ~/.claude for profile "${profile}": ${carried} files so far; later starts carry what changed`,
  );
}

/** A tree is copied once; from then on a start compares names and times. */
const FILL_WAIT_MS = 25_000;

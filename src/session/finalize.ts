import { checkpoint } from "../checkpoint.ts";
import { stateLock, withStoreLock } from "../lock/store-lock.ts";
import { log } from "../log.ts";
import { sameLook, takeLook } from "../reconcile/look.ts";
import { asClauthError } from "../report.ts";
import type { Session } from "./open.ts";
import type { Reconciler } from "./reconciler.ts";
import { abandonRecord, releaseRecord } from "./record.ts";

/**
 * Closes a clauth session: no more watching, the last pass, the release of its record. Where nothing changed since the open
 * nothing is read, written or loaded. Never throws: claude has ended and its status stands. What could not be done is said,
 * and the next start makes up for it.
 * @returns lines for the user
 */
export async function finalize(
  session: Session,
  reconciler: Reconciler | undefined,
): Promise<readonly string[]> {
  checkpoint("child-exited");
  const lines = await lastPassIfNeeded(session, reconciler).catch((error: unknown) => failed(session, error));
  checkpoint("before-release");
  release(session);
  return lines;
}

async function lastPassIfNeeded(
  session: Session,
  reconciler: Reconciler | undefined,
): Promise<readonly string[]> {
  await reconciler?.stop();
  if (!session.outstanding && sameLook(session.look, takeLook(session.places))) return [];
  const { lastPass } = await import("./last-pass.ts");
  return lastPass(session, session.record);
}

function failed({ store, places }: Session, error: unknown): readonly string[] {
  const { message } = asClauthError(error);
  log(store, places.profile, `final pass: ${message}`);
  return [`could not carry everything home: ${message}; the next start tries again`];
}

/** Where the state lock is busy the record stays behind, unlocked: the next open prunes it. */
function release({ store, record }: Session): void {
  try {
    withStoreLock(stateLock(store), { waitMs: RELEASE_WAIT_MS }, () => releaseRecord(record));
  } catch {
    abandonRecord(record);
  }
}

const RELEASE_WAIT_MS = 250;

import { checkpoint } from "../checkpoint.ts";
import { sameLook, takeLook } from "../reconcile/look.ts";
import type { Session } from "./open.ts";
import type { Reconciler } from "./reconciler.ts";
import { releaseRecord } from "./record.ts";

/**
 * Closes a clauth session: no more watching, the last pass, the release of its record. Where nothing changed since the open
 * nothing is read, written or loaded. What fails is in the log and is made up for by the next start.
 * @returns lines for the user
 */
export async function finalize(
  session: Session,
  reconciler: Reconciler | undefined,
): Promise<readonly string[]> {
  checkpoint("child-exited");
  await reconciler?.stop();
  try {
    if (!session.outstanding && sameLook(session.look, takeLook(session.places))) return [];
    const { lastPass } = await import("./last-pass.ts");
    return await lastPass(session);
  } finally {
    checkpoint("before-release");
    releaseRecord(session.record);
  }
}

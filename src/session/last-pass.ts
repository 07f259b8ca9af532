import { livePass } from "../reconcile/live-pass.ts";
import { livesAlone, othersMayWriteHome } from "./alone.ts";
import type { Session } from "./open.ts";

/**
 * The pass after claude's end. The last one out of a tree carries everything; beside another session it carries what is
 * certain and leaves the rest to that session's shim.
 * @returns lines for the user
 */
export async function lastPass(session: Session): Promise<readonly string[]> {
  const { places, record } = session;
  const alone = livesAlone(places.paths, record.path);
  const moment = alone ? "final" : "running";
  const { notes } = await livePass(session, { moment, quiet: alone && !othersMayWriteHome(places) });
  return notes;
}

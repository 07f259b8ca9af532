import { checkpoint } from "../checkpoint.ts";
import type { Places } from "../reconcile/places.ts";
import { isAtRest, readRestNote, seeAll } from "../reconcile/rest.ts";
import { forcedLinkMode } from "../tree/forced-mode.ts";
import { placeHere } from "./liveness.ts";
import { underOpenLocks } from "./open-locks.ts";
import { beginSession, type OpenContext, type Session, type SessionRequest } from "./session.ts";

/**
 * Opens a clauth session where nothing changed since the last one out of the tree noted that it was at rest: what the passes of
 * `openSession` would look at, name by name and file by file, is as it was when they had nothing to do.
 * @returns undefined where that is not so, with nothing changed
 * @throws ClauthError
 */
export function openAtRest(
  context: OpenContext,
  request: SessionRequest,
  places: Places,
): Session | undefined {
  const note = readRestNote(places.paths);
  // A login that is elsewhere, in the Keychain, can't be looked at from outside.
  if (note === undefined || places.lookAtTree !== undefined) return undefined;
  const forced = forcedLinkMode(context.env);
  const { bootId } = placeHere();
  return underOpenLocks(request, places.paths, () => {
    const { look, seen } = seeAll(places, { executable: context.executable, bootId, forced }, note.files);
    if (!isAtRest(note, seen, Date.now())) return undefined;
    checkpoint("found-at-rest");
    return beginSession(context, request, {
      places: { ...places, mode: "symlink" },
      look,
      outstanding: false,
      atRest: true,
      imperfect: false,
      forced,
    });
  });
}

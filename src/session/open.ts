import { ensureDirectory } from "../disk/directory.ts";
import { sweepTemporaries } from "../disk/sweep.ts";
import { takeLook } from "../reconcile/look.ts";
import { adoptPending } from "../reconcile/pending-credentials.ts";
import { type Places, placesOf } from "../reconcile/places.ts";
import { forcedLinkMode } from "../tree/forced-mode.ts";
import { livesAlone } from "./alone.ts";
import { makeReady } from "./make-ready.ts";
import { underOpenLocks } from "./open-locks.ts";
import { beginSession, type OpenContext, type Session, type SessionRequest } from "./session.ts";

/**
 * Opens a clauth session: finishes what a killed one left, brings the tree up to date, and takes the record that says
 * "this profile is in use". Only the credentials, the tree and the record can stop it.
 * @throws ClauthError
 */
export function openSession(
  context: OpenContext,
  request: SessionRequest,
  found: Places = placesOf(context.home, request.store, request.name),
): Session {
  const { paths } = found;
  const forced = forcedLinkMode(context.env);
  return underOpenLocks(request, paths, () => {
    // Not before: a profile that is removed or renamed while the locks are waited for must not come back half.
    for (const directory of [paths.base, paths.runtime, paths.sessions]) ensureDirectory(directory);
    const alone = livesAlone(paths);
    if (alone) {
      for (const directory of [paths.root, paths.base, paths.backups])
        sweepTemporaries(directory, { untouchedMs: 0 });
      adoptPending(found);
    }
    const { mode, outstanding, imperfect } = makeReady(found, request, { home: context.home, forced, alone });
    const places = { ...found, mode };
    return beginSession(context, request, {
      places,
      look: takeLook(places),
      outstanding: outstanding || mode !== "symlink",
      atRest: false,
      imperfect,
      forced,
    });
  });
}

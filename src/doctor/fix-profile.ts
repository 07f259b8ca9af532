import type { Context } from "../context.ts";
import { sweepTemporaries } from "../disk/sweep.ts";
import { withStateLock } from "../lock/store-lock.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import type { ProfileName } from "../profile-name.ts";
import { distrustMirror, mirrorHalted } from "../reconcile/base.ts";
import { withBaseGuard } from "../reconcile/base-guard.ts";
import { placesOf } from "../reconcile/places.ts";
import { pruneDead } from "../session/record.ts";
import { syncProfile } from "../session/sync.ts";
import { type Finding, problemOf } from "./finding.ts";

/** Repairs what needs no judgement. Sessions that can't be known are taken for ended: the user said so by `--fix`. */
export async function fixProfile(
  context: Context,
  store: Store,
  name: ProfileName,
): Promise<readonly Finding[]> {
  const check = `profile ${name}`;
  const paths = profilePathsOf(store, name);
  try {
    const closed = withStateLock(store, () => pruneDead(paths, { unknown: true }));
    const swept = [paths.root, paths.base, paths.runtime].flatMap((directory) => sweepTemporaries(directory));
    const places = placesOf(context.home, store, name);
    // The user wants back what seemed to be removed.
    if (mirrorHalted(places) !== undefined) withBaseGuard(places, () => distrustMirror(places));
    const { notes } = await syncProfile(context, store, name);
    const done = [
      ...(closed.length > 0
        ? [closed.length === 1 ? "closed a session" : `closed ${closed.length} sessions`]
        : []),
      ...(swept.length > 0
        ? [swept.length === 1 ? "removed an unfinished file" : `removed ${swept.length} unfinished files`]
        : []),
      ...notes,
    ];
    return done.map((message) => ({ check, level: "ok", message }));
  } catch (error) {
    return [problemOf(check, error)];
  }
}

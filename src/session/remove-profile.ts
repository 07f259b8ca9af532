import { join } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { ensureDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { statFile } from "../disk/read-file.ts";
import { acquireStoreLock, PATIENCE, rotationLock, withStateLock } from "../lock/store-lock.ts";
import type { Store } from "../paths.ts";
import { removeFromProfileList } from "../profile/profiles.ts";
import { leaveTree } from "../reconcile/credentials.ts";
import type { Places } from "../reconcile/places.ts";
import { refuseInUse } from "./in-use.ts";

/**
 * Takes a profile out of the store: one rename moves its whole directory, so that its login and all that is only there stays
 * together. A profile of which only the list knows is taken off the list.
 * @returns where the directory is now; undefined where there was none
 * @throws ClauthError `profile_in_use`, `store_busy` (retry-safe), or as `domainError`
 */
export function removeProfile(store: Store, places: Places): string | undefined {
  const { paths, profile: name } = places;
  if (statFile(paths.root) === undefined) {
    withStateLock(store, () => removeFromProfileList(store, name));
    return undefined;
  }
  const rotation = acquireStoreLock(rotationLock(paths), PATIENCE);
  try {
    return withStateLock(store, () => {
      refuseInUse(name, paths);
      leaveTree(places);
      ensureDirectory(store.removed);
      const target = freeTarget(store.removed, name);
      removeFromProfileList(store, name);
      checkpoint("remove:unlisted");
      move(paths.root, target);
      return target;
    });
  } finally {
    rotation.release();
  }
}

/** Two of one name in one millisecond: the second gets the next free one. */
function freeTarget(removed: string, name: string): string {
  for (let time = Date.now(); ; time += 1) {
    const target = join(removed, `${timeName(time)}-${name}`);
    if (disk.lstatIfThere(target) === undefined) return target;
  }
}

/** As quarantine writes it: sorts by time, and no character that Windows refuses. */
function timeName(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:.]/g, "");
}

function move(from: string, to: string): void {
  try {
    disk.rename(from, to);
  } catch (cause) {
    throw domainError(cause, "move", from);
  }
}

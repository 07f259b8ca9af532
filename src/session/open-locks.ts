import { checkpoint } from "../checkpoint.ts";
import { ensureDirectory } from "../disk/directory.ts";
import { concurrentModification } from "../disk/errno.ts";
import { acquireStoreLock, rotationLock, stateLock, withStoreLock } from "../lock/store-lock.ts";
import type { ProfilePaths, Store } from "../paths.ts";
import { refuseForeignStore } from "../profile/foreign-store.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import { MISSING, signatureFrom, signatureOf } from "../reconcile/signature.ts";
import { pruneDead } from "./record.ts";

/**
 * Runs `body` under the locks of an open: while it runs nobody rotates the profile's token, and nobody else opens a session.
 * @throws ClauthError
 */
export function underOpenLocks<T>(
  { store, config }: { readonly store: Store; readonly config: ProfileConfig },
  paths: ProfilePaths,
  body: () => T,
): T {
  refuseForeignStore(store);
  const rotation = acquireStoreLock(rotationLock(paths), { waitMs: ROTATION_WAIT_MS });
  try {
    checkpoint("rotation-locked");
    // Not before: a profile that is removed or renamed while the lock is waited for must not come back half.
    for (const directory of [paths.base, paths.runtime, paths.sessions]) ensureDirectory(directory);
    return withStoreLock(stateLock(store), { waitMs: STATE_WAIT_MS }, () => {
      checkpoint("state-locked");
      refuseEdited(paths, config);
      pruneDead(paths);
      return body();
    });
  } finally {
    rotation.release();
  }
}

/**
 * What its config.toml says decides whose login is used, and was read before the locks were waited for (trap 10).
 * @throws ClauthError `concurrent_modification` (retry-safe)
 */
function refuseEdited({ config: path }: ProfilePaths, config: ProfileConfig): void {
  const now = signatureOf(path);
  if (now !== undefined && now !== configSignature(config)) throw concurrentModification(path);
}

/** What the file looked like that the profile's configuration was read from. */
export function configSignature({ file }: ProfileConfig): string {
  return file === undefined ? MISSING : signatureFrom(file);
}

/** The Rust tool holds it over one HTTP request. */
const ROTATION_WAIT_MS = 25_000;

/** Everybody holds it for milliseconds; a copy of a large directory on a slow disk takes longer. */
const STATE_WAIT_MS = 10_000;

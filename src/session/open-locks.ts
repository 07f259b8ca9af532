import { checkpoint } from "../checkpoint.ts";
import { concurrentModification } from "../disk/errno.ts";
import { acquireStoreLock, rotationLock, stateLock, withStoreLock } from "../lock/store-lock.ts";
import type { ProfilePaths, Store } from "../paths.ts";
import { refuseForeignStore } from "../profile/foreign-store.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import { versionOf } from "../reconcile/look.ts";
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
  if (isEdited(path, config)) throw concurrentModification(path);
}

/** Where there was no file none has to be told from another: a look is enough, and an uncertain one sees something. */
function isEdited(path: string, config: ProfileConfig): boolean {
  if (config.file === undefined) return versionOf(path) !== undefined;
  const now = signatureOf(path);
  return now !== undefined && now !== configSignature(config);
}

/** What the file looked like that the profile's configuration was read from. */
export function configSignature({ file }: ProfileConfig): string {
  return file === undefined ? MISSING : signatureFrom(file);
}

/** The Rust tool holds it over one HTTP request. */
const ROTATION_WAIT_MS = 25_000;

/** Everybody holds it for milliseconds; a copy of a large directory on a slow disk takes longer. */
const STATE_WAIT_MS = 10_000;

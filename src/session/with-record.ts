import { statFile } from "../disk/read-file.ts";
import { profileVanished, withStateLock } from "../lock/store-lock.ts";
import type { Store } from "../paths.ts";
import type { Places } from "../reconcile/places.ts";
import { createRecord, type HeldRecord, releaseRecord } from "./record.ts";

/**
 * Does something to a profile without claude, with a record meanwhile: a session that opens beside it knows that it is not alone,
 * and nobody takes the profile for unused.
 * @throws ClauthError `profile_vanished` where it was moved away before the record stood: it must not come back half
 */
export async function withRecord<T>(
  store: Pick<Store, "lock">,
  { profile, paths }: Pick<Places, "profile" | "paths">,
  cwd: string,
  body: (own: HeldRecord) => T | Promise<T>,
): Promise<T> {
  const record = withStateLock(store, () => {
    if (statFile(paths.root) === undefined) throw profileVanished(paths.root);
    return createRecord(paths, { profile, cwd });
  });
  try {
    return await body(record);
  } finally {
    withStateLock(store, () => releaseRecord(record));
  }
}

import { join } from "node:path";
import { attempt } from "../disk/attempt.ts";
import { ensureDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { withStateLock } from "../lock/store-lock.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { addToProfileList, profileExists, type RemovedProfile } from "../profile/profiles.ts";
import { movingAside } from "../shell-line.ts";
import { refreshTokenOf, type TokenHolder } from "./token-holders.ts";

/**
 * Takes a removed profile back under its name, by the rename of `removeProfile` the other way round. Killed in between it is a
 * profile all the same: the directory decides, not the list.
 * @param holders who holds which login now
 * @throws ClauthError `profile_exists`, `shared_chain`, `store_busy` (retry-safe), or as `domainError`
 */
export function restoreProfile(
  store: Store,
  { id, name }: RemovedProfile,
  holders: readonly TokenHolder[],
): void {
  withStateLock(store, () => {
    const present = profileExists(store, name);
    if (present !== undefined) throw exists(present);
    const from = join(store.removed, id);
    refuseHeld(holders, join(from, "credentials.json"));
    ensureDirectory(store.profiles);
    attempt("move", from, () => disk.rename(from, profilePathsOf(store, name).root));
    addToProfileList(store, name);
  });
}

function refuseHeld(holders: readonly TokenHolder[], credentials: string): void {
  const token = refreshTokenOf(readRegularFile(credentials)?.bytes);
  const other = holders.find((holder) => holder.token === token);
  if (other === undefined) return;
  throw new ClauthError({
    kind: "shared_chain",
    message: `${other.path} holds the login of the removed profile now: a refresh in one place would end it in the other`,
    hint: `use it there; or put the removed one aside: ${movingAside(credentials, ".shared")}`,
    path: credentials,
  });
}

function exists(name: string): ClauthError {
  return new ClauthError({
    kind: "profile_exists",
    message: `there is a profile "${name}" again`,
    hint: `clauth rename ${name} OTHER, then clauth backups restore ${name}`,
  });
}

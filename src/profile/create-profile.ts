import { attempt } from "../disk/attempt.ts";
import { ensureDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { removeFile } from "../disk/remove-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { withStateLock } from "../lock/store-lock.ts";
import { type ProfilePaths, profilePathsOf, type Store } from "../paths.ts";
import type { ProfileName } from "../profile-name.ts";
import { type NewProfileConfig, newProfileConfig } from "./new-config.ts";
import { addToProfileList, refuseTaken } from "./profiles.ts";

/**
 * Makes a profile, its directory 0700 and its files 0600, complete before it stands in the list; where that fails, nothing of it is left.
 * @param credentials the bytes of a login that becomes its own
 * @throws ClauthError `profile_exists`, `profile_config_invalid`, `store_busy` (retry-safe)
 */
export function createProfile(
  store: Store,
  name: ProfileName,
  config: NewProfileConfig,
  credentials?: Uint8Array,
): void {
  const paths = profilePathsOf(store, name);
  const text = newProfileConfig(config, paths.config);
  withStateLock(store, () => {
    refuseTaken(store, name);
    ensureDirectory(paths.root);
    try {
      if (text !== "") writeFileAtomic(paths.config, new TextEncoder().encode(text), { expect: "absent" });
      if (credentials !== undefined)
        writeFileAtomic(paths.credentials, credentials, { expect: "absent", sync: true });
      addToProfileList(store, name);
    } catch (error) {
      removeUnfinished(paths);
      throw error;
    }
  });
}

/** A directory alone counts as a profile, and the login in it would stand here and where the caller has it from (invariant 2). */
function removeUnfinished({ root, config, credentials }: ProfilePaths): void {
  removeFile(credentials);
  removeFile(config);
  attempt("remove", root, () => disk.removeEmptyDirectory(root));
}

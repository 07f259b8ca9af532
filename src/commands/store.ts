import type { Context } from "../context.ts";
import { ensureDirectory } from "../disk/directory.ts";
import { tightenProfile, tightenStore } from "../disk/tighten-store.ts";
import { ClauthError } from "../errors.ts";
import { profilePathsOf, type Store, storeOf } from "../paths.ts";
import { refuseForeignStore } from "../profile/foreign-store.ts";
import { hintForUnknown, profileExists } from "../profile/profiles.ts";
import { type ProfileName, parseProfileName } from "../profile-name.ts";
import { notice } from "../report.ts";

/**
 * The store, for a command that writes: another tool's or an unsafe one is refused before anything is made in it.
 * @throws ClauthError `foreign_store`, `store_unsafe`
 */
export function writableStore(context: Context): Store {
  const store = storeOf(context);
  refuseForeignStore(store);
  for (const line of tightenStore(store)) notice(context, line);
  ensureDirectory(store.root);
  return store;
}

/**
 * The profile that a command names, in its stored spelling; its files are checked as `writableStore` checks the store.
 * @throws ClauthError `unknown_profile`, `store_unsafe`, and those of `parseProfileName`
 */
export function writableProfile(context: Context, store: Store, text: string): ProfileName {
  const name = knownProfile(store, text);
  for (const line of tightenProfile(profilePathsOf(store, name))) notice(context, line);
  return name;
}

/** As `writableProfile`, for a command that only reads. */
export function knownProfile(store: Store, text: string): ProfileName {
  const name = parseProfileName(text);
  const stored = profileExists(store, name);
  if (stored !== undefined) return stored;
  throw new ClauthError({
    kind: "unknown_profile",
    message: `there is no profile "${name}"`,
    hint: hintForUnknown(store, name),
  });
}

import { listDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { type FileContent, isAbsence, readRegularFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import type { Stats } from "../fs.ts";
import { join } from "../path.ts";
import type { Store } from "../paths.ts";
import { isProfileName, nearestName, type ProfileName, sameName } from "../profile-name.ts";
import { decodeUtf8KeepingMark } from "../utf8.ts";
import { namesIn, withName, withNameChanged, withoutName } from "./profile-list.ts";

type Listing = Pick<Store, "profileList" | "profiles">;

/**
 * Every profile: those of profiles.toml in its order, then directories that it does not list. Claude Code's
 * `<name>.lock` directories, plain files and names that we can't use are none.
 * @throws ClauthError `profile_list_invalid`, or as `domainError` where the store can't be read
 */
export function listProfiles(store: Listing): ProfileName[] {
  const names = [...namesIn(readList(store).text, store.profileList), ...directories(store).sort()];
  return names.filter((name, index) => names.findIndex((earlier) => sameName(earlier, name)) === index);
}

/** The same for whoever looks at what profiles hold: a damaged list hides none that has a directory. */
export function findProfiles(store: Listing): ProfileName[] {
  try {
    return listProfiles(store);
  } catch (error) {
    if (error instanceof ClauthError && error.kind === "profile_list_invalid")
      return directories(store).sort();
    throw error;
  }
}

/**
 * The profile of that name in its stored spelling, names compared without regard to case. Undefined where there is none.
 * A directory decides: the list is asked only where there is no directory, so that a damaged one stops no start.
 * @throws ClauthError `profile_name_ambiguous` where two differ from it by case alone: neither is a better guess
 */
export function profileExists(store: Listing, name: string): ProfileName | undefined {
  if (!isProfileName(name)) return undefined;
  return (
    profileWithDirectory(store, name) ??
    namesIn(readList(store).text, store.profileList).find((listed) => sameName(listed, name))
  );
}

/**
 * As `profileExists`, for a profile that is more than a name in the list.
 * @throws ClauthError `profile_name_ambiguous`
 */
export function profileWithDirectory(
  store: Pick<Store, "profiles">,
  name: ProfileName,
): ProfileName | undefined {
  const named: string[] = [];
  for (const entry of listDirectory(store.profiles)) if (sameName(entry, name)) named.push(entry);
  if (named.length > 1 && !named.includes(name)) throw ambiguous(name, named.sort());
  const stored = named.includes(name) ? name : named[0];
  const isProfile =
    stored !== undefined && isProfileName(stored) && isProfileEntry(join(store.profiles, stored));
  return isProfile ? stored : undefined;
}

/** The hint for a name that no profile has; the profile that was probably meant comes first. */
export function hintForUnknown(store: Listing & Pick<Store, "removed">, name: string): string {
  if (removedProfiles(store).some((removed) => sameName(removed.name, name)))
    return `it was removed; to take it back: clauth backups restore ${name}`;
  const meant = nearestName(name, directories(store));
  const cures = `clauth add ${name}, or clauth list`;
  return meant === undefined ? cures : `did you mean ${meant}? else: ${cures}`;
}

/** The hint for a profile of which only the list knows: a rename that was cut off, or a directory that somebody took away. */
export function hintForListed(store: Listing, name: ProfileName): string {
  const listed = namesIn(readList(store).text, store.profileList);
  const unlisted = directories(store).filter((one) => !listed.some((other) => sameName(one, other)));
  const cures = `clauth login ${name} begins it anew, clauth remove ${name} takes it off the list`;
  return unlisted.length === 1 ? `clauth rename ${unlisted[0]} ${name} ends a rename; else: ${cures}` : cures;
}

/** A profile that was taken away, whole: a directory of `removed/`. */
export type RemovedProfile = {
  /** The name of the directory: when it was removed, and what it was named. */
  readonly id: string;
  readonly name: ProfileName;
};

/** Every removed profile, the last one last. */
export function removedProfiles(store: Pick<Store, "removed">): RemovedProfile[] {
  return listDirectory(store.removed)
    .sort()
    .flatMap((id) => {
      const name = /^\d{8}T\d{9}Z-(.+)$/.exec(id)?.[1] ?? "";
      return isProfileName(name) ? [{ id, name }] : [];
    });
}

function ambiguous(name: string, stored: readonly string[]): ClauthError {
  const [first = ""] = stored;
  return new ClauthError({
    kind: "profile_name_ambiguous",
    message: `"${name}" could be any of the profiles ${stored.map((one) => `"${one}"`).join(", ")}`,
    hint: `write the name as it is stored, or give one of them another: clauth rename ${first} OTHER`,
  });
}

/** Adds a name to profiles.toml, which is made where it is missing. Under the caller's state lock. */
export function addToProfileList(store: Listing, name: ProfileName): void {
  editList(store, (text) => withName(text, name, store.profileList));
}

/** Takes a name out of profiles.toml. The directory stays: what becomes of its files is the caller's decision. */
export function removeFromProfileList(store: Listing, name: ProfileName): void {
  editList(store, (text) => withoutName(text, name, store.profileList));
}

/** Gives a name of profiles.toml another spelling in its place. */
export function renameInProfileList(store: Listing, from: ProfileName, to: ProfileName): void {
  editList(store, (text) => withNameChanged(text, from, to, store.profileList));
}

/** @throws ClauthError `profile_exists` */
export function refuseTaken(store: Listing, name: ProfileName): void {
  const present = profileExists(store, name);
  if (present === undefined) return;
  throw new ClauthError({
    kind: "profile_exists",
    message: `there is a profile "${present}" already`,
    hint: `choose another name; that one is logged in anew by: clauth login ${present}`,
  });
}

function directories(store: Listing): ProfileName[] {
  return listDirectory(store.profiles)
    .filter(isProfileName)
    .filter((name) => isProfileEntry(join(store.profiles, name)));
}

/** A symlink counts: it is refused with its cure when the store is checked, and must not pass for "no such profile". */
function isProfileEntry(path: string): boolean {
  const stats = lookAt(path);
  return stats !== undefined && (stats.isDirectory() || stats.isSymbolicLink());
}

function lookAt(path: string): Stats | undefined {
  try {
    return disk.lstat(path);
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    throw domainError(cause, "look at", path);
  }
}

type List = { readonly text: string; readonly file: FileContent | undefined };

function readList(store: Listing): List {
  const file = readRegularFile(store.profileList, { maxBytes: 4 * 1024 * 1024 });
  if (file === undefined) return { text: "", file };
  const text = decodeUtf8KeepingMark(file.bytes);
  if (text !== undefined) return { text, file };
  throw new ClauthError({
    kind: "profile_list_invalid",
    message: `${store.profileList} is not UTF-8 text`,
    hint: `edit ${store.profileList}, or move it away: profiles are found without it`,
    path: store.profileList,
  });
}

function editList(store: Listing, edit: (text: string) => string): void {
  const { text, file } = readList(store);
  const edited = edit(text);
  if (edited === text) return;
  writeFileAtomic(store.profileList, new TextEncoder().encode(edited), {
    expect: file ?? "absent",
    sync: true,
  });
}

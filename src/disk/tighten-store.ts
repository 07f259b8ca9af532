import { ClauthError } from "../errors.ts";
import type { ProfilePaths, Store } from "../paths.ts";
import { shellWord } from "../shell-line.ts";
import { disk } from "./disk.ts";
import { domainError } from "./errno.ts";
import { isAbsence } from "./read-file.ts";
import { areTight, type Place, placesInProfile, placesInStore } from "./tight.ts";

/**
 * Looks at our own files and directories before anything is read from them or made in them. What others could have changed
 * is refused; what is ours and merely looser than 0600 or 0700 (a umask of 002 is usual) is tightened.
 * @param user our own user id; nothing is looked at where the system has none (Windows)
 * @returns a line for each thing that was tightened
 * @throws ClauthError `store_unsafe`, with nothing changed
 */
export function tightenStore(store: Store, user = process.geteuid?.()): string[] {
  const found = safelyFound(placesInStore(store.root), user);
  // A mistyped CLAUTH_HOME may be any directory, whose mode is none of ours: a store has more than its root.
  return found.length > 1 ? tightened(found) : [];
}

/** The same for what belongs to one profile, once its store was looked at. */
export function tightenProfile(profile: ProfilePaths, user = process.geteuid?.()): string[] {
  return tightened(safelyFound(placesInProfile(profile.root), user));
}

function safelyFound(places: readonly Place[], user: number | undefined): readonly Found[] {
  if (user === undefined || areTight(places, user)) return [];
  const found: Found[] = [];
  for (const place of places) {
    const one = look(place);
    if (one !== undefined) found.push(one);
  }
  for (const one of found) refuseUnsafe(one, user);
  return found;
}

type Found = Place & {
  readonly mode: number;
  readonly uid: number;
  readonly linked: boolean;
  readonly isDirectory: boolean;
};

/** Nothing where the place is missing. A link that leads nowhere is no missing file: other accounts would follow from that. */
function look(place: Place): Found | undefined {
  try {
    const named = disk.lstatIfThere(place.path);
    if (named === undefined) return undefined;
    const linked = named.isSymbolicLink();
    const stats = linked && place.kind !== "directory" ? disk.statIfThere(place.path) : named;
    if (stats === undefined)
      throw unsafe(place.path, "is a symbolic link that leads to nothing", "mend the link, or remove it");
    const { mode, uid } = stats;
    return {
      ...place,
      linked,
      isDirectory: stats.isDirectory(),
      mode: Number(mode) & 0o7777,
      uid: Number(uid),
    };
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    throw domainError(cause, "look at", place.path);
  }
}

/** `$CLAUTH_HOME` itself and single files may be links (a dotfiles repository, a read-only store of root's). */
function refuseUnsafe({ path, kind, linked, isDirectory, mode, uid }: Found, user: number): void {
  if (kind === "directory" && linked) {
    throw unsafe(
      path,
      "is a symbolic link where a directory should be",
      `look at it with \`ls -l\`, and remove the link`,
    );
  }
  if (kind !== "file" && !isDirectory) {
    throw unsafe(path, "is no directory", "look at it with `ls -l`, and move it away");
  }
  const trusted = uid === user || (kind === "file" && linked && uid === 0);
  if (!trusted) {
    throw unsafe(
      path,
      `belongs to another user (${uid})`,
      user === 0 ? "run this without sudo" : `sudo chown -R "$(id -u)" ${shellWord(path)}`,
    );
  }
  if (mode & 0o002) {
    throw unsafe(
      path,
      "can be written by every user",
      `look at what is in it, then: chmod o-w ${shellWord(path)}`,
    );
  }
}

/** A link's target is the user's own arrangement: checked, never changed. */
function isLoose({ kind, linked, mode }: Found): boolean {
  return !(kind === "file" && linked) && (mode & 0o077) !== 0;
}

function tightened(found: readonly Found[]): string[] {
  const lines: string[] = [];
  for (const one of found) if (isLoose(one)) lines.push(tighten(one));
  return lines;
}

function tighten({ path, mode }: Found): string {
  const tightened = mode & 0o7700;
  try {
    disk.chmod(path, tightened);
  } catch (cause) {
    throw domainError(cause, "tighten", path);
  }
  return `${path} was open to others (${octal(mode)}) and is now ${octal(tightened)}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function unsafe(path: string, why: string, hint: string): ClauthError {
  return new ClauthError({ kind: "store_unsafe", message: `${path} ${why}`, hint, path });
}

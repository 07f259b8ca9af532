import { type Choice, choiceFrom, parseChoice } from "../config/choice.ts";
import { complaintAboutOwner, currentUid } from "../config/ownership.ts";
import { domainError } from "../disk/errno.ts";
import { readOwnedFile } from "../disk/read-file.ts";
import { isInside, realPath } from "../disk/real-path.ts";
import { ClauthError } from "../errors.ts";
import { lstatSync } from "../fs.ts";
import { dirname, join } from "../path.ts";
import { claudeWith } from "../shell-line.ts";
import { decodeUtf8 } from "../utf8.ts";
import { RC_FILE } from "./find-rc-file.ts";
import { nearestReadable } from "./unreadable-directory.ts";

/** The nearest rc file. It can name a profile, and nothing else. */
export type RcFile = {
  readonly path: string;
  readonly line: number;
  readonly choice: Choice;
  /** As read: what `clauth allow` vouches for. */
  readonly bytes: Uint8Array;
};

/**
 * Reads the nearest `.clauthrc`, from `cwd` up to and including `home`, or to the root outside it. Anything that
 * stands there under that name counts: a file that can't be believed is an error and never passed over, since what
 * comes after it could be another account.
 * @param where.cwd, where.home with every symlink resolved.
 * @param where.isKnown tells a profile that exists. A link that leads out of its directory can only name one of those: a
 * repository may hold one to a file with a secret, whose content must come into no message.
 * @throws ClauthError `rc_file_refused`, `rc_file_invalid`, `profile_name_invalid`, `secret_as_name`,
 * `cwd_not_utf8`.
 */
export function readRcFile(where: {
  cwd: string;
  home: string;
  isKnown?: (choice: Choice) => boolean;
  uid?: number | undefined;
}): RcFile | undefined {
  const nearest = nearestReadable(where.cwd, RC_FILE);
  for (const directory of directoriesUpward(where.cwd, where.home)) {
    if (directory.length > nearest.length) continue;
    const path = join(directory, RC_FILE);
    const uid = "uid" in where ? where.uid : currentUid();
    const bytes = readTrusted(path, uid);
    if (bytes === undefined) continue;
    const parsed = parseRcFile(bytes);
    if ("complaint" in parsed) throw invalid(path, parsed.line, parsed.complaint);
    const { name, line } = parsed;
    const choice = isInside(realPath(path), directory)
      ? parseChoice(name, `${path}:${line}`, path)
      : knownChoice(name, where.isKnown);
    if (choice !== undefined) return { path, line, choice, bytes };
    throw invalid(path, line, "is a link out of its directory, and what it leads to names no profile");
  }
  return undefined;
}

function knownChoice(name: string, isKnown: (choice: Choice) => boolean = () => false): Choice | undefined {
  const choice = choiceFrom(name);
  return choice !== undefined && isKnown(choice) ? choice : undefined;
}

/** `cwd` and its parents, nearest first; the last one is `home` for a `cwd` inside it, else the root. */
export function directoriesUpward(cwd: string, home: string): string[] {
  const directories = [cwd];
  const last = isInside(cwd, home) ? home : undefined;
  for (let directory = cwd; directory !== last && dirname(directory) !== directory; ) {
    directory = dirname(directory);
    directories.push(directory);
  }
  return directories;
}

/**
 * The one line that counts, as text; whether it is a name is the caller's to judge. Total: any bytes give a name or a
 * complaint with its line.
 */
export function parseRcFile(
  bytes: Uint8Array,
): { name: string; line: number } | { complaint: string; line: number } {
  const text = decodeUtf8(bytes);
  if (text === undefined) return { complaint: "is not UTF-8 text", line: 1 };
  let found: { content: string; line: number } | undefined;
  let line = 0;
  for (const ended of text.split("\n")) {
    line += 1;
    const content = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
    const words = content.trim();
    if (words === "" || words.startsWith("#")) continue;
    if (found !== undefined) return { complaint: "has more than the name of a profile", line };
    found = { content, line };
  }
  if (found === undefined) return { complaint: "names no profile", line: 1 };
  return { name: assignedIn(found.content) ?? found.content, line: found.line };
}

/** `profile = "work"` names a profile too. A pattern costs a start as much as all other lines of this, so it is asked where it may match. */
function assignedIn(content: string): string | undefined {
  if (!content.startsWith("profile")) return undefined;
  return /^profile[ \t]*=[ \t]*"([^"]*)"$/.exec(content)?.[1];
}

/** The bytes of a file that its owner alone could have written, or undefined where nothing stands. */
function readTrusted(path: string, uid: number | undefined): Uint8Array | undefined {
  const entry = lookAt(path);
  if (entry === undefined) return undefined;
  // A link that another user put into a shared directory could point at a file of ours.
  const aboutLink = complaintAboutOwner({ uid: Number(entry.uid), mode: 0 }, uid);
  if (aboutLink !== undefined) throw refused(path, aboutLink);
  const file = readPlain(path);
  if (file === undefined) throw refused(path, "leads to nothing");
  const complaint = complaintAboutOwner(file.owner, uid);
  if (complaint !== undefined) throw refused(path, complaint);
  return file.bytes;
}

function lookAt(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw domainError(cause, "look at", path);
  }
}

function readPlain(path: string) {
  try {
    return readOwnedFile(path, { maxBytes: MAX_BYTES });
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    if (error.kind === "not_a_file") throw refused(path, "is not a regular file");
    if (error.kind === "file_too_large") throw refused(path, "is larger than 4 KiB");
    throw error;
  }
}

const MAX_BYTES = 4096;

function refused(path: string, complaint: string): ClauthError {
  return new ClauthError({
    kind: "rc_file_refused",
    message: `${path} ${complaint}, so it can't pick an account`,
    hint: `remove it, or name the profile yourself: ${claudeWith("CLAUTH_PROFILE", "NAME")}`,
    path,
  });
}

function invalid(path: string, line: number, complaint: string): ClauthError {
  return new ClauthError({
    kind: "rc_file_invalid",
    message: `${path}:${line}: the file ${complaint}`,
    hint: "one line with the name of a profile belongs there: clauth local NAME",
    path,
  });
}

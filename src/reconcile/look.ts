import { disk } from "../disk/disk.ts";
import { statFile } from "../disk/read-file.ts";
import { existsSync, type Stats, sameVersion } from "../fs.ts";
import { join } from "../path.ts";
import { LEAKY_FILES } from "../tree/odd-entries.ts";
import type { Places } from "./places.ts";
import { identityOf, MISSING, type Signature, signatureOfStats } from "./signature.ts";

/** What everything that is reconciled looked like from outside: a dozen stat calls, no file read. */
export type Look = readonly Seen[];

type Seen = {
  readonly path: string;
  /** True where the link itself was looked at. */
  readonly isLink: boolean;
  readonly stat: Stats | undefined;
  /** By which another process knows it again. Undefined where nothing certain can be said. */
  readonly signature: Signature | undefined;
};

export function takeLook(places: Places): Look {
  const { claude, paths } = places;
  const look = [
    see(places.homeJson),
    see(claude.settings),
    see(claude.root),
    see(places.treeJson),
    see(places.treeSettings),
    see(paths.runtime),
    see(paths.credentials),
    see(paths.config),
    // A login that is elsewhere, in the Keychain, can't be looked at from outside.
    places.lookAtTree === undefined ? seeLink(places.treeCredentials) : UNCERTAIN,
  ];
  for (const name of LEAKY_FILES) look.push(see(join(claude.root, name)));
  return look;
}

function see(path: string): Seen {
  try {
    const stat = disk.statIfThere(path);
    return { path, isLink: false, stat, signature: signatureOfStats(stat) };
  } catch {
    return UNCERTAIN;
  }
}

/** The credentials' link: Claude Code replaces it by a file when it refreshes a token. */
function seeLink(path: string): Seen {
  try {
    const stat = disk.lstatIfThere(path);
    const signature =
      stat === undefined ? MISSING : `${stat.isSymbolicLink()}:${stat.dev}:${stat.ino}:${stat.mtimeNs}`;
    return { path, isLink: true, stat, signature };
  } catch {
    return UNCERTAIN;
  }
}

const UNCERTAIN: Seen = { path: "", isLink: false, stat: undefined, signature: undefined };

/** True where all of it looks as it did. False where anything changed, or where one of the looks is uncertain. */
export function isAsSeen(look: Look): boolean {
  try {
    for (const seen of look) if (seen.signature === undefined || !isStill(seen)) return false;
    return true;
  } catch {
    return false;
  }
}

function isStill({ path, isLink, stat }: Seen): boolean {
  const now = isLink ? disk.lstatIfThere(path) : disk.statIfThere(path);
  return stat === undefined || now === undefined ? stat === now : sameVersion(stat, now);
}

/**
 * True where the runtime tree is not claude home, and still the directory that `look` saw. A profile may be removed or moved
 * under a running claude, which then makes a new directory at the same path, perhaps with the same inode: the token tells.
 * Whoever carries anything asks first, because a link to `~/.claude` in the tree's place would be taken for its content.
 * @throws ClauthError as `domainError`
 */
export function isTreeAsOpened(places: Places, look?: Look): boolean {
  const tree = identityOf(places.paths.runtime);
  if (tree === undefined || tree === identityOf(places.claude.root)) return false;
  if (look === undefined) return true;
  return (treeIdentityIn(look) ?? tree) === tree && statFile(places.treeToken) !== undefined;
}

/** What the user is told then. */
export function treeReplaced({ profile, paths }: Places): string {
  const tree = `the tree of profile "${profile}"`;
  return existsSync(paths.runtime)
    ? `${tree} is not the directory that claude was started in: nothing was carried; look at ${paths.runtime}`
    : `${tree} was removed or moved while claude ran: nothing was carried from it; it stood at ${paths.runtime}`;
}

/** Device and inode of the runtime tree; undefined where the look was uncertain. */
export function treeIdentityIn(look: Look): Signature | undefined {
  return look[5]?.signature?.split(":").slice(0, 2).join(":");
}

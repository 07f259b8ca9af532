import { disk } from "../disk/disk.ts";
import { statFile } from "../disk/read-file.ts";
import { existsSync } from "../fs.ts";
import { join } from "../path.ts";
import { LEAKY_FILES } from "../tree/odd-entries.ts";
import type { Places } from "./places.ts";
import { identityOf, MISSING, type Signature, signatureOf } from "./signature.ts";

/** What everything that is reconciled looks like from outside: a dozen stat calls, no file read. */
export type Look = readonly (Signature | undefined)[];

export function takeLook(places: Places): Look {
  const { claude, paths } = places;
  const look = [
    signatureOf(places.homeJson),
    signatureOf(claude.settings),
    signatureOf(claude.root),
    signatureOf(places.treeJson),
    signatureOf(places.treeSettings),
    signatureOf(paths.runtime),
    signatureOf(paths.credentials),
    signatureOf(paths.config),
    // A login that is elsewhere, in the Keychain, can't be looked at from outside.
    places.lookAtTree === undefined ? linkIdentity(places.treeCredentials) : undefined,
  ];
  for (const name of LEAKY_FILES) look.push(signatureOf(join(claude.root, name)));
  return look;
}

/** False where anything changed, or where one of the looks was uncertain. */
export function sameLook(a: Look, b: Look): boolean {
  for (let index = 0; index < a.length; index++)
    if (a[index] === undefined || a[index] !== b[index]) return false;
  return true;
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
  return look[5]?.split(":").slice(0, 2).join(":");
}

/** The credentials' link itself: Claude Code replaces it by a file when it refreshes a token. */
function linkIdentity(path: string): Signature | undefined {
  try {
    const stat = disk.lstatIfThere(path);
    return stat === undefined ? MISSING : `${stat.isSymbolicLink()}:${stat.dev}:${stat.ino}:${stat.mtimeNs}`;
  } catch {
    return undefined;
  }
}

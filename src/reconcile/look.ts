import { disk } from "../disk/disk.ts";
import type { Places } from "./places.ts";
import { MISSING, type Signature, signatureOf } from "./signature.ts";

/** What everything that is reconciled looks like from outside: a dozen stat calls, no file read. */
export type Look = readonly (Signature | undefined)[];

export function takeLook(places: Places): Look {
  const { claude, paths } = places;
  return [
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
}

/** False where anything changed, or where one of the looks was uncertain. */
export function sameLook(a: Look, b: Look): boolean {
  return a.every((signature, index) => signature !== undefined && signature === b[index]);
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

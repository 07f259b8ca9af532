import { disk } from "../disk/disk.ts";
import { statFile } from "../disk/read-file.ts";
import { isSameFile } from "../fs/version.ts";
import { existsSync } from "../fs.ts";
import { prefixOf } from "../path.ts";
import { LEAKY_FILES } from "../tree/odd-entries.ts";
import type { Places } from "./places.ts";
import { identityOf } from "./signature.ts";

/** What everything that is reconciled looked like from outside: a dozen stat calls, no file read. */
export type Look = readonly Seen[];

type Seen = {
  readonly path: string;
  /** True where the link itself was looked at. */
  readonly isLink: boolean;
  /** As `versionSync` of fs/version.ts. */
  readonly version: string | undefined;
};

export function takeLook(places: Places): Look {
  const { claude, paths } = places;
  const look: Seen[] = [];
  const inOrder = [
    places.homeJson,
    claude.settings,
    claude.root,
    places.treeJson,
    places.treeSettings,
    paths.runtime,
    paths.credentials,
    paths.config,
  ];
  for (const path of inOrder) look.push({ path, isLink: false, version: versionOf(path) });
  const atHome = prefixOf(claude.root);
  for (const name of LEAKY_FILES) {
    const path = atHome + name;
    look.push({ path, isLink: false, version: versionOf(path) });
  }
  // The credentials' link: Claude Code replaces it by a file when it refreshes a token. A login that is elsewhere, in the Keychain, can't be
  // looked at from outside.
  const path = places.treeCredentials;
  look.push({ path, isLink: true, version: places.lookAtTree === undefined ? versionOf(path, true) : "" });
  return look;
}

/** Of the runtime tree itself. */
const TREE = 5;

/** What a path looks like, as `versionSync`; empty too where it can't be looked at. */
export function versionOf(path: string, isLink = false): string | undefined {
  try {
    return disk.version(path, isLink);
  } catch {
    return "";
  }
}

/** True where all of it looks as it did. False where anything changed, or where one of the looks is uncertain. */
export function isAsSeen(look: Look): boolean {
  for (const { path, isLink, version } of look)
    if (version === "" || version !== versionOf(path, isLink)) return false;
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
  return isStillTree(look[TREE]) && statFile(places.treeToken) !== undefined;
}

function isStillTree(opened: Seen | undefined): boolean {
  if (opened === undefined || opened.version === "") return true;
  const now = versionOf(opened.path);
  return opened.version !== undefined && now !== undefined && (now === "" || isSameFile(opened.version, now));
}

/** What the user is told then. */
export function treeReplaced({ profile, paths }: Places): string {
  const tree = `the tree of profile "${profile}"`;
  return existsSync(paths.runtime)
    ? `${tree} is not the directory that claude was started in: nothing was carried; look at ${paths.runtime}`
    : `${tree} was removed or moved while claude ran: nothing was carried from it; it stood at ${paths.runtime}`;
}

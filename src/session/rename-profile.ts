import { join } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { listDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { readLink } from "../disk/links.ts";
import { readRegularFile, statFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { acquireStoreLock, PATIENCE, rotationLock, withStateLock } from "../lock/store-lock.ts";
import { type ProfilePaths, profilePathsOf, type Store } from "../paths.ts";
import { profileExists, renameInProfileList } from "../profile/profiles.ts";
import { type ProfileName, sameName } from "../profile-name.ts";
import { quarantineDisplaced } from "../quarantine.ts";
import { leaveTree } from "../reconcile/credentials.ts";
import type { Places } from "../reconcile/places.ts";
import { homewardText } from "../tree/leaked-paths.ts";
import { putLink } from "../tree/put-link.ts";
import { refuseInUse } from "./in-use.ts";

/**
 * Gives a profile another name, and with it another path to its tree. Texts in the tree that would reach other profiles are made
 * to name `~/.claude` before the move, so that a kill leaves nothing there that names a tree which is no more; what is the tree's
 * alone follows after it.
 * @throws ClauthError `profile_exists`, `profile_in_use`, `store_busy` (retry-safe), or as `domainError`
 */
export function renameProfile(store: Store, places: Places, to: ProfileName): void {
  const { paths: old, profile: from, claude } = places;
  const renamed = profilePathsOf(store, to);
  const rotation = acquireStoreLock(rotationLock(old), PATIENCE);
  try {
    withStateLock(store, () => {
      refuseInUse(from, old);
      refuseTaken(store, from, to);
      for (const file of SHARED_TEXTS) rewrite(join(old.runtime, file), old.runtime, claude.root);
      leaveTree(places);
      renameInProfileList(store, from, to);
      checkpoint("rename:listed");
      move(old.root, renamed.root);
      checkpoint("rename:moved");
      relinkLogin(old, renamed);
      for (const file of privateTexts(renamed.runtime)) {
        rewrite(join(renamed.runtime, file), old.runtime, renamed.runtime);
      }
    });
  } finally {
    rotation.release();
  }
}

/** A name that only the list knows is what a killed rename left: doing it again finishes it. */
function refuseTaken(store: Store, from: ProfileName, to: ProfileName): void {
  const present = profileExists(store, to);
  if (present === undefined || sameName(from, to)) return;
  if (statFile(profilePathsOf(store, present).root) !== undefined) throw exists(present);
}

/** What is merged with `~/.claude`. */
const SHARED_TEXTS = [".claude.json", "settings.json"] as const;

/** What names the tree and belongs to it: background jobs hold CLAUDE_CONFIG_DIR, plugins that are not shared their own paths. */
function privateTexts(runtime: string): string[] {
  const jobs = listDirectory(join(runtime, "jobs")).map((job) => join("jobs", job, "state.json"));
  const plugins = ["installed_plugins.json", "known_marketplaces.json"].map((name) => join("plugins", name));
  return [...jobs, ...plugins, join("daemon", "roster.json")];
}

function rewrite(path: string, from: string, to: string): void {
  const content = readRegularFile(path);
  if (content === undefined) return;
  const text = homewardText(new TextDecoder().decode(content.bytes), { runtime: from, claudeRoot: to });
  if (text === undefined) return;
  writeFileAtomic(path, new TextEncoder().encode(text), { keepMode: true, expect: content });
}

/** Else the tree would show the login of whichever profile gets the old name, until its next open. */
function relinkLogin(old: ProfilePaths, renamed: ProfilePaths): void {
  const link = join(renamed.runtime, ".credentials.json");
  if (readLink(link) !== old.credentials) return;
  const displaced = (path: string) => quarantineDisplaced(renamed, "credentials-displaced", path);
  putLink(renamed.credentials, link, { text: old.credentials }, { displaced });
}

function move(from: string, to: string): void {
  try {
    disk.rename(from, to);
  } catch (cause) {
    throw domainError(cause, "move", from);
  }
}

function exists(name: ProfileName): ClauthError {
  return new ClauthError({
    kind: "profile_exists",
    message: `there is a profile "${name}" already`,
    hint: `choose another name, or give that one another first: clauth rename ${name} OTHER`,
  });
}

import { join } from "node:path";
import type { Context } from "../context.ts";
import { statFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import {
  type ClaudeLock,
  claudeJsonLock,
  oauthRefreshLock,
  siblingLock,
  storageWriteLock,
  withClaudeLocks,
} from "../lock/claude-locks.ts";
import { claudeHomeOf, profilePathsOf, type Store } from "../paths.ts";
import { findProfiles } from "../profile/profiles.ts";
import { shellWord } from "../shell-line.ts";
import type { Finding } from "./finding.ts";

/** Claude Code takes an old lock away by itself, but waits for it first: eight seconds in each turn for that of a refresh. */
export function checkStaleLocks(context: Context, store: Store): readonly Finding[] {
  return staleLocks(context, store).map(({ path }) => ({
    check: "locks",
    level: "warning",
    message: `${path} was left by a claude that was killed`,
    hint: `clauth doctor --fix, or: rmdir ${shellWord(path)}`,
    path,
  }));
}

/** Takes each over as Claude Code would, and lets go of it: one that somebody has again by now stays theirs. */
export async function fixStaleLocks(context: Context, store: Store): Promise<readonly Finding[]> {
  const fixed: Finding[] = [];
  for (const lock of staleLocks(context, store)) {
    if (!(await isTakenAway(lock))) continue;
    const message = `took ${lock.path} away, which a killed claude had left`;
    fixed.push({ check: "locks", level: "ok", message, path: lock.path });
  }
  return fixed;
}

async function isTakenAway(lock: ClaudeLock): Promise<boolean> {
  try {
    await withClaudeLocks([lock], () => {}, { waitMs: 0 });
    return true;
  } catch (error) {
    if (error instanceof ClauthError) return false;
    throw error;
  }
}

function staleLocks(context: Context, store: Store): readonly ClaudeLock[] {
  const claude = claudeHomeOf(context.home);
  const trees = findProfiles(store).map((name) => profilePathsOf(store, name).runtime);
  const locks = [
    claudeJsonLock("home", claude.json),
    ...[claude.root, ...trees].flatMap((root) => [
      storageWriteLock(root),
      oauthRefreshLock(root),
      siblingLock(root),
      claudeJsonLock("tree", join(root, ".claude.json")),
    ]),
  ];
  return locks.filter(({ path, staleMs }) => {
    const stat = statFile(path);
    return stat !== undefined && Date.now() - Number(stat.mtimeNs / 1_000_000n) > staleMs;
  });
}

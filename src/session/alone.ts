import { listDirectory } from "../disk/directory.ts";
import { join } from "../path.ts";
import type { ProfilePaths } from "../paths.ts";
import type { Places } from "../reconcile/places.ts";
import { daemonLives } from "./daemon.ts";
import { processLives } from "./living-process.ts";
import { listRecords } from "./record.ts";

/**
 * True where nothing lives in the profile's tree: no clauth session and no daemon of Claude Code, whose background agents
 * hold no record of ours (seen on 2.1.197 and 2.1.329). What can't be known counts as living.
 * @param except the path of the caller's own record
 */
export function livesAlone(paths: ProfilePaths, except?: string): boolean {
  try {
    const others = listRecords(paths).filter(
      (record) => record.path !== except && record.liveness !== "dead",
    );
    return others.length === 0 && !daemonLives(paths);
  } catch {
    return false;
  }
}

/**
 * True where a real claude that is not ours may be writing `~/.claude.json` just now: each one leaves its process id in
 * `sessions/`, which all profiles share.
 */
export function othersMayWriteHome({ claude }: Pick<Places, "claude">): boolean {
  try {
    return listDirectory(join(claude.root, "sessions")).some((name) => {
      const pid = /^(\d+)\.json$/.exec(name)?.[1];
      return pid !== undefined && processLives(Number(pid));
    });
  } catch {
    return true;
  }
}

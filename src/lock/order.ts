import { ClauthError } from "../errors.ts";
import { claudeWith } from "../shell-line.ts";

/**
 * Every lock that we wait for, outermost first. Taking them in this order alone is what keeps two processes from waiting for
 * each other; Claude Code's own credential locks stand in the order in which it takes them itself.
 */
export const LOCK_ORDER = [
  "rotation",
  "state",
  "claude-oauth-refresh",
  "claude-sibling",
  "claude-storage-write",
  "claude-json-tree",
  "claude-json-home",
  "mirror",
  "base",
] as const;

export type LockRank = (typeof LOCK_ORDER)[number];

/**
 * Notes that this process is about to take a lock.
 * @throws ClauthError `lock_order` where one of this rank or further in is held already: a bug of ours
 */
export function enterLock(rank: LockRank): void {
  for (const other of held)
    if (LOCK_ORDER.indexOf(other) >= LOCK_ORDER.indexOf(rank))
      throw outOfOrder(`the ${rank} lock was asked for while the ${other} lock is held`);
  held.push(rank);
}

/** Notes that the lock was given back, or not got. */
export function leaveLock(rank: LockRank): void {
  const index = held.indexOf(rank);
  if (index >= 0) held.splice(index, 1);
}

/**
 * Says that what follows may wait for Claude Code: a lock of ours must not be held meanwhile, or every start would wait too.
 * @throws ClauthError `lock_order`
 */
export function refuseWhileOursIsHeld(): void {
  for (const rank of ["rotation", "state"] as const) {
    if (held.includes(rank))
      throw outOfOrder(`a lock of Claude Code was waited for while our ${rank} lock is held`);
  }
}

const held: LockRank[] = [];

function outOfOrder(message: string): ClauthError {
  return new ClauthError({
    kind: "lock_order",
    message,
    hint: `this is a bug of clauth; ${claudeWith("CLAUTH_BYPASS", "1")} starts the real claude meanwhile`,
  });
}

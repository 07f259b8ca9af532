import { ensureDirectory } from "../disk/directory.ts";
import { withStoreLock } from "../lock/store-lock.ts";
import { join } from "../path.ts";
import type { Places } from "./places.ts";

/**
 * Guards `base/` and what is decided by it: innermost of all locks, held for one synchronous read, decision and write, never
 * while waiting for anything else.
 * @throws ClauthError `store_busy` (retry-safe)
 */
export function withBaseGuard<T>(places: Places, body: () => T): T {
  ensureDirectory(places.paths.base);
  const lock = { rank: "base", files: [join(places.paths.base, ".lock")] } as const;
  return withStoreLock(lock, { waitMs: GUARD_WAIT_MS }, body);
}

/** Far longer than any merge takes. */
const GUARD_WAIT_MS = 2000;

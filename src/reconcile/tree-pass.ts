import { stateLock, withStoreLock } from "../lock/store-lock.ts";
import { log } from "../log.ts";
import type { Store } from "../paths.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import { applyTree } from "../tree/apply.ts";
import type { Isolation } from "../tree/entries.ts";
import { inspectTree } from "../tree/inspect.ts";
import { readManifest } from "../tree/manifest.ts";
import { planTree, type TreePlan } from "../tree/plan.ts";
import type { Places } from "./places.ts";

export type TreeOptions = {
  readonly isolate: Isolation;
  /** True where nothing lives in the tree. */
  readonly idle: boolean;
};

/**
 * Verifies the links of a runtime tree and repairs what differs. The caller holds the state lock.
 * @returns true where something waits until the tree is idle
 */
export function treePass(places: Places, options: TreeOptions): boolean {
  const applied = applyTree(planNow(places, options), { home: places.claude, paths: places.paths });
  return applied.deferred.length > 0;
}

/**
 * The same beside a running claude, which makes new entries at any time: the lock is taken only where there is something to
 * do. What waits for an idle tree waits.
 */
export function liveTreePass(
  { places, store, config }: { places: Places; store: Store; config: ProfileConfig },
  idle: boolean,
): undefined {
  const options = { isolate: config.isolate, idle };
  // Paths that leaked into shared files are no step of a plan: the last one out of the tree looks for them.
  if (idle || planNow(places, options).steps.length > 0) {
    const applied = withStoreLock(stateLock(store), { waitMs: LOCK_WAIT_MS }, () =>
      applyTree(planNow(places, options), { home: places.claude, paths: places.paths }),
    );
    for (const step of applied.done) log(store, places.profile, `tree: ${step.do} ${step.name}: ${step.why}`);
  }
  return undefined;
}

const LOCK_WAIT_MS = 2000;

function planNow(places: Places, { isolate, idle }: TreeOptions): TreePlan {
  const facts = inspectTree(places.claude, places.paths);
  return planTree(facts, readManifest(places.paths), { isolate, mode: "symlink", idle });
}

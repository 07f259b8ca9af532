import { stateLock, withStoreLock } from "../lock/store-lock.ts";
import { log } from "../log.ts";
import type { Store } from "../paths.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import { type Applied, applyTree } from "../tree/apply.ts";
import { entryKind, type Isolation } from "../tree/entries.ts";
import type { LinkMode } from "../tree/forced-mode.ts";
import { inspectTree, type TreeFacts } from "../tree/inspect.ts";
import { chooseLinkMode, type ModeChoice } from "../tree/link-mode.ts";
import { type Manifest, readManifest } from "../tree/manifest.ts";
import { planTree, type TreePlan } from "../tree/plan.ts";
import { distrustMirror } from "./base.ts";
import { withBaseGuard } from "./base-guard.ts";
import type { Places } from "./places.ts";

export type TreeOptions = {
  readonly isolate: Isolation;
  /** True where nothing lives in the tree. */
  readonly idle: boolean;
};

export type TreeVerified = {
  readonly mode: LinkMode;
  /** True where something waits until the tree is idle. */
  readonly deferred: boolean;
  /** True where an entry could not be made what it should be. */
  readonly skipped: boolean;
};

/**
 * Verifies the links of a runtime tree and repairs what differs. The caller holds the state lock.
 * @param forced what CLAUTH_LINK_MODE asks for
 */
export function treePass(
  places: Places,
  options: TreeOptions & { readonly forced: LinkMode | undefined },
): TreeVerified {
  const plan = planNow(places, options, (facts, known) => chooseLinkMode(facts, known, options));
  const { deferred, skipped } = carryOutPlan(places, plan, options);
  return { mode: plan.choice.mode, deferred: deferred.length > 0, skipped: skipped.length > 0 };
}

/**
 * The same beside a running claude, which makes new entries at any time: the lock is taken only where there is something to
 * do. What waits for an idle tree waits.
 * @returns files of claude home that named the tree, and no longer do
 */
export function liveTreePass(
  { places, store, config }: { places: Places; store: Store; config: ProfileConfig },
  idle: boolean,
): readonly string[] {
  const options = { isolate: config.isolate, idle };
  const keep = (facts: TreeFacts, known: Manifest | undefined) => modeKept(places, facts, known);
  // Paths that leaked into shared files are no step of a plan: the last one out of the tree looks for them.
  if (!idle && planNow(places, options, keep).steps.length === 0) return [];
  const applied = withStoreLock(stateLock(store), { waitMs: LOCK_WAIT_MS }, () =>
    carryOutPlan(places, planNow(places, options, keep), options),
  );
  for (const step of applied.done) log(store, places.profile, `tree: ${step.do} ${step.name}: ${step.why}`);
  return applied.rewritten;
}

const LOCK_WAIT_MS = 2000;

/**
 * Before a name changes between copy and link what the mirror knows is forgotten: it would take what is not there for a moment
 * for a deletion, after a kill in between too.
 */
function carryOutPlan(places: Places, plan: TreePlan, { isolate }: TreeOptions): Applied {
  const { choice, known, steps } = plan;
  const isNew = known === undefined && choice.mode === "symlink";
  // What is isolated from now on is left out by its name; the copies of it that go are told by what is known.
  const toCopies =
    choice.mode !== "symlink" &&
    steps.some((step) => step.do === "unlink" && entryKind(step.name, isolate) === "shared");
  if (!isNew && (known?.mode !== choice.mode || toCopies))
    withBaseGuard(places, () => distrustMirror(places));
  return applyTree(plan, { home: places.claude, paths: places.paths });
}

/** Another mode is a matter of the next open. */
function modeKept(places: Places, facts: TreeFacts, known: Manifest | undefined): ModeChoice {
  if (known !== undefined) return known;
  return places.mode === undefined
    ? chooseLinkMode(facts, undefined, { forced: undefined, idle: true })
    : { mode: places.mode, forced: false };
}

/** The mode of a tree that is not opened now; of one that never was, the mode that an open would choose. */
export function linkModeOf(places: Places): LinkMode {
  return modeKept(places, inspectTree(places.claude, places.paths), readManifest(places.paths)).mode;
}

function planNow(
  places: Places,
  { isolate, idle }: TreeOptions,
  choose: (facts: TreeFacts, known: Manifest | undefined) => ModeChoice,
): TreePlan {
  const facts = inspectTree(places.claude, places.paths);
  const manifest = readManifest(places.paths);
  return planTree(facts, manifest, { isolate, idle, choice: choose(facts, manifest) });
}

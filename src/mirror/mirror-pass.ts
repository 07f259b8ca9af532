import { realPath } from "../disk/real-path.ts";
import { ClauthError, errnoOf } from "../errors.ts";
import type { Skipped } from "../tree/step.ts";
import { bringLateLines } from "./late-lines.ts";
import { lookAtChanged } from "./look-at-changed.ts";
import { dropMirrorIndex, indexError, isDamage, openMirrorIndex } from "./mirror-index.ts";
import { lookAgain, type MirrorPlaces, type MirrorStep, type Pass, settle } from "./pass.ts";
import { carryRemovals } from "./remove.ts";
import { identityOf, lookAt } from "./sight.ts";
import { lookInto } from "./walk.ts";

export type { MirrorPlaces, MirrorStep } from "./pass.ts";

export type MirrorRequest = {
  readonly places: MirrorPlaces;
  /** Which top-level names, and names within the split directory, are kept equal; asked with what is there. */
  readonly isMirrored: (name: string, type: "file" | "directory") => boolean;
  /** Relative paths that may have changed since the last pass; undefined: look at everything. */
  readonly changed?: ReadonlySet<string> | undefined;
  /** False where the index can't be trusted (roots exchanged, a restored backup): sides are united, nothing is removed. */
  readonly trusted: boolean;
  /** The user meant it: what an earlier pass halted at is removed. */
  readonly removals?: "confirmed" | undefined;
  /** Told how much was carried, each time that something was. */
  readonly told?: ((carried: number) => void) | undefined;
};

export type MirrorOutcome = {
  readonly done: readonly MirrorStep[];
  /** Left as they are, each with the reason. */
  readonly skipped: readonly Skipped[];
  /** Those of them that the disk refused, where it refused any. */
  readonly failed?: readonly Skipped[];
  /** Why nothing was removed, where too much would have been. */
  readonly halted?: string;
  /** Milliseconds after which another pass could do more. */
  readonly again?: number;
  /** What that pass has to look at; everything, where it is not said. */
  readonly left?: ReadonlySet<string>;
  /** After a look at everything: how many milliseconds to wait before the next, where a watch does not see all. */
  readonly rest?: number;
};

/**
 * Makes claude home and a tree that can't link to it hold the same, file by file, by what both held when they last agreed. Every
 * step can be cut short by a kill: the next pass finds what is left to do. One bad entry never stops the others.
 * What concerns the whole (a root that is gone, an index that can't be written) is said of the name "".
 */
export function mirrorPass(request: MirrorRequest): MirrorOutcome {
  const { places, trusted } = request;
  if (trusted && request.changed?.size === 0) return NOTHING;
  const home = lookAt("home", places.home);
  // A root that went away is no deletion of everything in it.
  if (home.type !== "directory") return saidOfAll(NOTHING, `${places.home} is no directory`);
  if (lookAt("home", places.tree).type !== "directory")
    return saidOfAll(NOTHING, `${places.tree} is no directory`);
  const done: MirrorStep[] = [];
  const skipped: Skipped[] = [];
  try {
    using index = openMirrorIndex(places.base, trusted);
    return passWith({ ...request, root: identityOf(home.stat), index, done, skipped });
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof ClauthError)) throw error;
    if (isDamage(error)) dropMirrorIndex(places.base);
    // Begun again at once without it, both sides united: there may be no next pass for long.
    if (isDamage(error) && trusted) return after(done, mirrorPass({ ...request, trusted: false }));
    const { message, retrySafe } = indexError(error, places.base);
    return { ...saidOfAll({ done, skipped }, message), again: retrySafe ? RETRY_MS : LATER_MS };
  }
}

function after(done: readonly MirrorStep[], outcome: MirrorOutcome): MirrorOutcome {
  return { ...outcome, done: [...done, ...outcome.done] };
}

const NOTHING: MirrorOutcome = { done: [], skipped: [] };

function saidOfAll({ done, skipped }: MirrorOutcome, why: string): MirrorOutcome {
  const all = { name: "", why };
  return { done, skipped: [...skipped, all], failed: [all] };
}

/** What is in use is so for a moment. */
const RETRY_MS = 1000;

/** For what somebody has to mend. */
const LATER_MS = 60_000;

type Start = MirrorRequest & Pick<Pass, "root" | "index" | "done" | "skipped">;

function passWith({ places, isMirrored, trusted, removals, told, ...start }: Start): MirrorOutcome {
  const { root, index, done, skipped } = start;
  const started = performance.now();
  const changed = trusted ? start.changed : undefined;
  const pass: Pass = {
    places,
    root,
    ours: [places.tree, places.base, places.backups].map(realPath),
    isMirrored,
    index,
    done,
    skipped,
    failed: [],
    removals: [],
    created: new Set(),
    unsynced: new Set(),
    unsyncedDevices: new Map(),
    outgoing: [],
    pending: 0,
    left: new Set(),
    replacing: new Set(),
    told,
  };
  const halted = carryAll(pass, changed, removals === "confirmed");
  return {
    done,
    skipped,
    ...(pass.failed.length === 0 ? {} : { failed: pass.failed }),
    ...(halted === undefined ? {} : { halted }),
    ...(pass.left.size === 0 ? {} : { again: RETRY_MS, left: pass.left }),
    ...(changed === undefined ? { rest: (performance.now() - started) * REST } : {}),
  };
}

function carryAll(
  pass: Pass,
  changed: ReadonlySet<string> | undefined,
  confirmed: boolean,
): string | undefined {
  try {
    if (changed === undefined) lookAtEverything(pass);
    else lookAtChanged(pass, changed);
    settle(pass);
    const halted = carryRemovals(pass, confirmed);
    if (halted === undefined) lookAtReplacing(pass);
    settle(pass);
    return halted;
  } finally {
    bringLateLines(pass);
  }
}

/** What took the place of something that went by now; where that came back meanwhile, it is the next pass's. */
function lookAtReplacing(pass: Pass): void {
  const replacing = new Set(pass.replacing);
  pass.replacing.clear();
  lookAtChanged(pass, replacing);
  for (const name of pass.replacing) lookAgain(pass, name);
}

/** A look at everything takes a twentieth of the time at most. */
const REST = 20;

function lookAtEverything(pass: Pass): void {
  const way = { levels: Number.POSITIVE_INFINITY, through: [pass.root] };
  lookInto(pass, "", { home: true, tree: true }, way);
}

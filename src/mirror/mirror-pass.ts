import { domainError } from "../disk/errno.ts";
import { ClauthError } from "../errors.ts";
import type { Skipped } from "../tree/step.ts";
import { lookAtChanged } from "./look-at-changed.ts";
import { dropMirrorIndex, indexError, isDamage, type MirrorIndex, openMirrorIndex } from "./mirror-index.ts";
import { type MirrorPlaces, type MirrorStep, type Pass, RETRY_MS, settle } from "./pass.ts";
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
  readonly removals?: "confirmed";
};

export type MirrorOutcome = {
  readonly done: readonly MirrorStep[];
  /** Left as they are, each with the reason. */
  readonly skipped: readonly Skipped[];
  /** Why nothing was removed, where too much would have been. */
  readonly halted?: string;
  /** Milliseconds after which another pass could do more. */
  readonly again?: number;
  /** After a look at everything: how many milliseconds to wait before the next, where a watch does not see all. */
  readonly rest?: number;
};

/**
 * Makes claude home and a tree that can't link to it hold the same, file by file, by what both held when they last agreed. Every
 * step can be cut short by a kill: the next pass finds what is left to do. One bad entry never stops the others.
 * @throws ClauthError where the index can't be opened or written
 */
export function mirrorPass(request: MirrorRequest): MirrorOutcome {
  const { places, isMirrored, trusted } = request;
  if (trusted && request.changed?.size === 0) return NOTHING;
  const home = lookAt("home", places.home);
  if (home.type !== "directory") return noRoot(places.home);
  if (lookAt("home", places.tree).type !== "directory") return noRoot(places.tree);
  const started = performance.now();
  const index = openUnlessBusy(places.base, trusted);
  if (index === undefined) return BUSY;
  try {
    const pass: Pass = {
      places,
      root: identityOf(home.stat),
      isMirrored,
      index,
      done: [],
      skipped: [],
      removals: [],
      created: new Set(),
      unsynced: new Set(),
      unsyncedDevices: new Map(),
      pending: 0,
      again: undefined,
    };
    const changed = trusted ? request.changed : undefined;
    if (changed === undefined) lookAtEverything(pass);
    else lookAtChanged(pass, changed);
    settle(pass);
    const halted = carryRemovals(pass, request.removals === "confirmed");
    settle(pass);
    const { done, skipped, again } = pass;
    return {
      done,
      skipped,
      ...(halted === undefined ? {} : { halted }),
      ...(again === undefined ? {} : { again }),
      ...(changed === undefined ? { rest: (performance.now() - started) * REST } : {}),
    };
  } catch (error) {
    if (!isDamage(error)) throw domainError(indexError(error, places.base), "mirror", places.tree);
    // Found out in the middle: the next pass starts without it, and unites both sides.
    index.close();
    dropMirrorIndex(places.base);
    return { ...NOTHING, again: RETRY_MS };
  } finally {
    index.close();
  }
}

const NOTHING: MirrorOutcome = { done: [], skipped: [] };

/** A look at everything takes a twentieth of the time at most. */
const REST = 20;

const BUSY: MirrorOutcome = {
  done: [],
  skipped: [{ name: "", why: "another pass is under way" }],
  again: RETRY_MS,
};

/** A root that went away is no deletion of everything in it. */
function noRoot(path: string): MirrorOutcome {
  return { done: [], skipped: [{ name: "", why: `${path} is no directory` }] };
}

function openUnlessBusy(base: string, trusted: boolean): MirrorIndex | undefined {
  try {
    return openMirrorIndex(base, trusted);
  } catch (error) {
    if (error instanceof ClauthError && error.kind === "mirror_busy") return undefined;
    throw error;
  }
}

function lookAtEverything(pass: Pass): void {
  const way = { levels: Number.POSITIVE_INFINITY, through: [pass.root] };
  lookInto(pass, "", { home: true, tree: true }, way);
}

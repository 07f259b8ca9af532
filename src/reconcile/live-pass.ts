import { statFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { type ClaudeLock, claudeJsonLock, withClaudeLocks } from "../lock/claude-locks.ts";
import { log } from "../log.ts";
import type { Store } from "../paths.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import type { ProfileName } from "../profile-name.ts";
import type { Skipped } from "../tree/step.ts";
import { rememberAccount } from "./account.ts";
import { noteAccountChange, noteOwner } from "./account-change.ts";
import { appliedOverlays } from "./applied-overlays.ts";
import { openBase, writeBaseIndex } from "./base.ts";
import { withBaseGuard } from "./base-guard.ts";
import type { DeletionMemory } from "./deletion-memory.ts";
import { type DocumentKind, statOf } from "./document.ts";
import {
  advanceBase,
  carryOutFresh,
  type DocumentLook,
  describe,
  isSettled,
  lookAt,
} from "./document-pass.ts";
import { documentKinds } from "./kinds.ts";
import { reconcileCredentials } from "./live-credentials.ts";
import { isTreeAsOpened, type Look, treeReplaced } from "./look.ts";
import { forgetParsed } from "./parse-once.ts";
import type { Places } from "./places.ts";
import { type Signature, signatureOf } from "./signature.ts";
import { SETTLE_MS, type Sightings, untilStanding } from "./standing.ts";
import { linkModeOf, liveTreePass } from "./tree-pass.ts";

/** What is reconciled, and by whose configuration. A Session is one. */
export type Reconciled = {
  readonly store: Store;
  readonly places: Places;
  readonly config: ProfileConfig;
  readonly memory: PassMemory;
  /** What everything looked like when a session opened it. */
  readonly look?: Look;
};

/** What one process remembers from one pass to the next. */
export type PassMemory = {
  readonly deletions: DeletionMemory;
  /** When this process last wrote a document, in milliseconds of the monotonic clock. */
  lastWriteMs: number;
  readonly sightings: Sightings;
  /** The tree's `.claude.json` when the account in it was last noted. */
  accountSeen?: Signature | undefined;
  /** In a tree of copies, once all of them were looked at: those that have to be looked at again. */
  copiesLeft?: ReadonlySet<string> | undefined;
};

export type Moment = {
  /** "running" beside a live claude; "final" when nothing lives in the tree any more. */
  readonly moment: "running" | "final";
  /**
   * Asks whether no claude outside our locks may be writing: then the base may follow at once. Asked after our write, because only
   * who lives by then can have read before it.
   */
  readonly quiet: () => boolean;
  /** In a tree of copies: which of them changed since the last call; undefined where that is not known. */
  readonly changed?: (() => ReadonlySet<string> | undefined) | undefined;
  /** In a tree of copies: the user said that all that is missing on one side is to go from the other, however much it is. */
  readonly removals?: "confirmed" | undefined;
};

export type Outcome = {
  /** Undefined where all is reconciled, else after how many milliseconds to try again. */
  readonly again: number | undefined;
  /** What could not be carried and won't be by trying again: somebody has to mend it first. */
  readonly failed?: ClauthError | undefined;
  /** Lines for the user, once claude's screen is gone. */
  readonly notes: readonly string[];
};

type Pass = Reconciled & Moment;

/**
 * One pass beside or after a running claude, both ways, under Claude's own locks. Each file stands alone: one that is busy
 * or damaged does not stop the others. What fails is in the log and is tried again.
 */
export async function livePass(reconciled: Reconciled, moment: Moment): Promise<Outcome> {
  if (!isTreeAsOpened(reconciled.places, reconciled.look)) {
    return { again: undefined, notes: moment.moment === "final" ? [treeReplaced(reconciled.places)] : [] };
  }
  const places = inItsMode(reconciled.places);
  const pass = { ...reconciled, ...moment, places };
  const waits: number[] = [];
  const failures: string[] = [];
  const notes: string[] = [];
  let failed: ClauthError | undefined;
  const attempt = async (what: string, body: () => Promise<number | undefined> | number | undefined) => {
    try {
      const again = await body();
      if (again !== undefined) waits.push(again);
    } catch (error) {
      if (!(error instanceof ClauthError)) throw error;
      say(pass, `${what}: ${error.kind}: ${error.message}`);
      failures.push(`could not carry ${what}: ${error.message}; the next start tries again`);
      if (error.retrySafe) waits.push(RETRY_MS);
      else failed ??= error;
    }
  };

  const final = pass.moment === "final";
  await attempt("credentials", async () => {
    const { config } = pass;
    const live = { places, pin: config.account, ended: final, say: (text: string) => say(pass, text) };
    notes.push(...(await reconcileCredentials(live)));
    return undefined;
  });
  await attempt("account", () => noteOwnerIfNew(pass));
  await attempt("copies", () => mirrorIfCopied(pass, notes));
  await attempt("tree", async () => {
    const rewritten = liveTreePass(pass, final);
    if (rewritten.length > 0 && !isLinked(places)) await mirrorNow(pass, new Set(rewritten));
    return undefined;
  });
  for (const kind of kindsNow(pass)) await attempt(kind.name, () => reconcileDocument(pass, kind));
  await attempt("account", () => {
    if (final) notes.push(...withBaseGuard(pass.places, () => noteAccountChange(pass.places)));
    return undefined;
  });
  forgetParsed();
  return {
    again: waits.length === 0 ? undefined : Math.min(...waits),
    failed,
    notes: final ? [...failures, ...notes] : [],
  };
}

function inItsMode(places: Places): Places {
  return places.mode === undefined ? { ...places, mode: linkModeOf(places) } : places;
}

/**
 * Carries copies between the tree and home. After the last claude's end everything is looked at: no watch is trusted with what
 * would be left in the tree alone.
 */
async function mirrorIfCopied(pass: Pass, notes: string[]): Promise<number | undefined> {
  const { places, memory, moment } = pass;
  if (isLinked(places)) return undefined;
  const seen = pass.changed?.();
  const before = moment === "final" ? undefined : memory.copiesLeft;
  const names = seen === undefined || before === undefined ? undefined : before.union(seen);
  if (names?.size === 0) return undefined;
  memory.copiesLeft = undefined;
  const { halted, again, left, rest, failed = [] } = await mirrorNow(pass, names);
  if (halted !== undefined) notes.push(`${halted}; ${waysOut(places.profile)}`);
  notes.push(...whatFailed(failed));
  memory.copiesLeft = again === undefined ? new Set() : left;
  return again ?? (pass.changed === undefined ? undefined : rest);
}

/** Of what `mirrorHalted` says. */
export function waysOut(profile: ProfileName): string {
  return `to have them on both sides again: clauth doctor --fix; to remove them: clauth sync ${profile} --removals`;
}

function whatFailed([first, ...more]: readonly Skipped[]): readonly string[] {
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return [`could not carry ${first.name || "copies"}${others}: ${first.why}; the next start tries again`];
}

async function mirrorNow(pass: Pass, changed: ReadonlySet<string> | undefined) {
  const { places, config, moment, removals } = pass;
  const { mirrorTree } = await import("./mirror-tree.ts");
  const { isolate } = config;
  return mirrorTree(places, {
    isolate,
    idle: moment === "final",
    changed,
    removals,
    waitMs: MIRROR_WAIT_MS,
    say: (text) => say(pass, text),
  });
}

function isLinked({ mode }: Places): boolean {
  return mode === undefined || mode === "symlink";
}

/** Another shim of the profile carries what changed within milliseconds; one that copies everything tells its own later. */
const MIRROR_WAIT_MS = 2000;

/** Before anything else of another account's login can come: a rotated token of it above all. */
function noteOwnerIfNew({ places, memory }: Pass): undefined {
  const seen = signatureOf(places.treeJson);
  if (seen !== undefined && seen === memory.accountSeen) return undefined;
  withBaseGuard(places, () => noteOwner(places));
  memory.accountSeen = seen;
  return undefined;
}

/** A lock that was busy is free again within a second or two: Claude holds its own for milliseconds. */
const RETRY_MS = 1000;

function say({ store, places }: Pass, text: string): void {
  log(store, places.profile, text);
}

/** The overlay is the one that the last open applied: a config.toml that changed meanwhile waits for the next start. */
function kindsNow({ places, config }: Pass): readonly DocumentKind[] {
  const applied = appliedOverlays(places);
  const { keepEnv: keep, isolate } = config;
  return documentKinds(places, { overlay: applied.at(-1) ?? {}, applied, keep, isolate });
}

/** @returns after how many milliseconds to look again, undefined where nothing is left */
async function reconcileDocument(pass: Pass, kind: DocumentKind): Promise<number | undefined> {
  const { places, memory } = pass;
  if (isSettled(kind, openBase(places))) return undefined;
  const first = look(pass, kind);
  if (first.tree.kind === "ok") rememberAccount(places, kind.accountPart(first.tree.value));
  if (asksToWrite(first)) {
    await withClaudeLocks(locksFor(kind, first), (assertHeld) =>
      withBaseGuard(places, () => {
        const inside = look(pass, kind, first);
        assertHeld();
        carryOutFresh(places, kind, inside, "both");
        memory.lastWriteMs = performance.now();
        noteOurWrites(pass, kind, inside);
        say(pass, `${kind.name}: ${describe(inside, "both")}`);
      }),
    );
  } else memory.deletions.keepOnly(kind.name, first.decision.held);
  return settle(pass, kind, first);
}

/** A file that changed since then was changed by somebody else. */
function noteOurWrites({ memory }: Pass, kind: DocumentKind, looked: DocumentLook): void {
  for (const side of ["tree", "home"] as const) {
    if (looked.decision[side] === undefined) continue;
    memory.deletions.replaced(kind.name, side, statOf(looked[side]), statFile(kind[side]));
  }
}

/**
 * Lets the base follow, but not before Claude's unlocked writes of that moment have come: until then a value of ours that
 * one of them dropped is still new to the base, and is applied again. The files say when another process wrote last.
 */
function settle(pass: Pass, kind: DocumentKind, before: DocumentLook): number | undefined {
  const { places, memory } = pass;
  const early = untilBaseMayFollow(pass, kind);
  if (early > 0) return early;
  return withBaseGuard(places, () => {
    const now = look(pass, kind, before);
    memory.deletions.keepOnly(kind.name, now.decision.held);
    // Asked again of what was just read: another shim may have merged something while the guard was waited for.
    const late = untilBaseMayFollow(pass, kind);
    if (late > 0) return late;
    const settled = advanceBase(places, kind, now);
    writeBaseIndex(places, { ...openBase(places).settled, ...settled });
    return asksToWrite(now) ? RETRY_MS : undefined;
  });
}

function untilBaseMayFollow({ memory, moment, quiet }: Pass, kind: DocumentKind): number {
  if (quiet()) return 0;
  const sides = moment === "final" ? (["home"] as const) : (["home", "tree"] as const);
  const sinceOurs = performance.now() - memory.lastWriteMs;
  return Math.max(SETTLE_MS - sinceOurs, untilStanding(kind, sides, memory.sightings));
}

function look(pass: Pass, kind: DocumentKind, before?: DocumentLook): DocumentLook {
  const final = pass.moment === "final";
  return lookAt(pass.places, kind, {
    before,
    rebuild: final,
    deletion: (deletion, stat) => (final ? "carry" : pass.memory.deletions.choose(kind.name, deletion, stat)),
  });
}

function asksToWrite({ decision }: DocumentLook): boolean {
  return decision.home !== undefined || decision.tree !== undefined;
}

/** Only `.claude.json` is locked by Claude Code; settings.json is not (seen on 2.1.197 and 2.1.329). */
function locksFor(kind: DocumentKind, { decision }: DocumentLook): readonly ClaudeLock[] {
  if (kind.name !== "claude.json") return [];
  return [
    ...(decision.tree === undefined ? [] : [claudeJsonLock("tree", kind.tree)]),
    ...(decision.home === undefined ? [] : [claudeJsonLock("home", kind.home)]),
  ];
}

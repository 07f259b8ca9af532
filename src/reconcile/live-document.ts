import { statFile } from "../disk/read-file.ts";
import { type ClaudeLock, claudeJsonLock, withClaudeLocks } from "../lock/claude-locks.ts";
import { rememberAccount } from "./account.ts";
import { openBase, validBase, writeBaseIndex } from "./base.ts";
import { withBaseGuard } from "./base-guard.ts";
import { type DocumentKind, statOf } from "./document.ts";
import {
  advanceBase,
  carryOutFresh,
  type DocumentLook,
  describe,
  isSettled,
  lookAt,
  withWrites,
} from "./document-pass.ts";
import { type Pass, RETRY_MS, say } from "./pass.ts";
import type { Places } from "./places.ts";
import { SETTLE_MS, untilStanding } from "./standing.ts";

/**
 * Merges one document both ways, and lets the base follow.
 * @returns after how many milliseconds to look again, undefined where nothing is left
 * @throws ClauthError
 */
export async function reconcileDocument(pass: Pass, kind: DocumentKind): Promise<number | undefined> {
  const { places, memory } = pass;
  if (isSettled(kind, openBase(places))) return undefined;
  const first = lookPrepared(pass, kind);
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

/**
 * Looks at a document before its turn has come, and makes all that is to be written: while both sides stay as they are only the writing
 * is left. Writes nothing. A key that is missing is not judged yet, since it may come back within the burst.
 * @returns undefined where there is nothing to be prepared
 */
export function prepareDocument(places: Places, kind: DocumentKind): DocumentLook | undefined {
  const base = validBase(places);
  if (base === undefined || isSettled(kind, base)) return undefined;
  const seen = lookAt(places, kind, { rebuild: false, deletion: () => "hold" });
  if (seen.decision.held.length > 0) return undefined;
  return asksToWrite(seen) ? withWrites(kind, seen) : seen;
}

/** What is to be written is made before a lock of Claude's is taken. */
function lookPrepared(pass: Pass, kind: DocumentKind): DocumentLook {
  const isPrepared = kind.name === "claude.json" && pass.moment === "running";
  const seen = look(pass, kind, isPrepared ? pass.memory.prepared : undefined);
  return asksToWrite(seen) && seen.writes === undefined ? withWrites(kind, seen) : seen;
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

import { statFile } from "../disk/read-file.ts";
import { beginWriteBack } from "../disk/write-back.ts";
import { type ClaudeLock, claudeJsonLock, withClaudeLocks } from "../lock/claude-locks.ts";
import { rememberAccount } from "./account.ts";
import { filesJudgedBy, openBase, validBase, writeBaseIndex } from "./base.ts";
import { withBaseGuard } from "./base-guard.ts";
import { type DocumentKind, statOf } from "./document.ts";
import {
  advanceBase,
  carryOutFresh,
  type DocumentLook,
  describe,
  forgetFilesBeforehand,
  isSettled,
  lookAt,
  withFilesBeforehand,
  withWrites,
} from "./document-pass.ts";
import { isAsSeen } from "./look.ts";
import { lookAtFiles } from "./look-at-files.ts";
import { type Pass, type PassMemory, type Prepared, RETRY_MS, say } from "./pass.ts";
import type { Places } from "./places.ts";
import { identityOf } from "./signature.ts";
import { SETTLE_MS, untilStanding } from "./standing.ts";

/**
 * Merges one document both ways, and lets the base follow.
 * @returns after how many milliseconds to look again, undefined where nothing is left
 * @throws ClauthError
 */
export async function reconcileDocument(pass: Pass, kind: DocumentKind): Promise<number | undefined> {
  const { places, memory } = pass;
  const prepared = takePrepared(pass, kind);
  if (prepared === undefined && isSettled(kind, openBase(places))) return undefined;
  const first = prepared ?? lookWithWrites(pass, kind);
  try {
    if (asksToWrite(first)) await carry(pass, kind, first);
    else memory.deletions.keepOnly(kind.name, first.decision.held);
  } finally {
    forgetPrepared(memory);
    if (first.tree.kind === "ok") rememberAccount(places, kind.accountPart(first.tree.value));
  }
  return settle(pass, kind, first);
}

function carry(pass: Pass, kind: DocumentKind, first: DocumentLook): Promise<void> {
  const { places, memory } = pass;
  return withClaudeLocks(locksFor(kind, first), (assertHeld) =>
    withBaseGuard(places, () => {
      const inside = look(pass, kind, first);
      assertHeld();
      carryOutFresh(places, kind, inside, "both");
      memory.lastWriteMs = performance.now();
      noteOurWrites(pass, kind, inside);
      say(pass, `${kind.name}: ${describe(inside, "both")}`);
    }),
  );
}

/**
 * Looks at a document before its turn has come, and writes all that is to be written to files in flight: while both sides stay as
 * they are these have but to get their names. A key that is missing is not judged yet, since it may come back within the burst.
 * @returns undefined where there is nothing to be prepared
 */
export function prepareDocument(places: Places, kind: DocumentKind): Prepared | undefined {
  const seen = lookAtFiles([...filesJudgedBy(places, kind.name), kind.home], [kind.tree]);
  const claudeRoot = identityOf(places.claude.root);
  const base = validBase(places);
  if (base === undefined || isSettled(kind, base)) return undefined;
  const look = lookAt(places, kind, { rebuild: false, deletion: () => "hold" });
  if (look.decision.held.length > 0) return undefined;
  if (!asksToWrite(look)) return { look, seen, claudeRoot };
  const written = withFilesBeforehand(places, kind, withWrites(kind, look));
  const note = written.writes?.beforehand?.note;
  // Where the last merge was not long ago its note is there to be replaced.
  if (note !== undefined) beginWriteBack(note.temporary);
  return { look: written, seen, claudeRoot };
}

/**
 * The same for a document of home that another shim has in flight: as if it had its name already. Writes nothing, since it may get none.
 * @returns undefined too where home would be written
 */
export function prepareForMerge(places: Places, kind: DocumentKind, homeAt: string): Prepared | undefined {
  const seen = lookAtFiles(filesJudgedBy(places, kind.name), [kind.tree]);
  const claudeRoot = identityOf(places.claude.root);
  if (kind.home !== places.homeJson || validBase(places) === undefined) return undefined;
  const look = lookAt(places, kind, { rebuild: false, deletion: () => "hold", homeAt });
  if (look.home.kind !== "ok" || look.decision.home !== undefined || look.decision.held.length > 0)
    return undefined;
  return { look: asksToWrite(look) ? withWrites(kind, look) : look, seen, claudeRoot, isUnnamed: true };
}

/** What was prepared is of no use any more, or was used. */
export function forgetPrepared(memory: PassMemory): void {
  if (memory.prepared !== undefined) forgetFilesBeforehand(memory.prepared.look);
  memory.prepared = undefined;
}

/** What was prepared, where all still looks as it did: then it is read again under the locks alone. */
function takePrepared({ places, memory, moment }: Pass, kind: DocumentKind): DocumentLook | undefined {
  const { prepared } = memory;
  if (prepared === undefined || kind.name !== "claude.json" || moment !== "running") return undefined;
  const stands = isAsSeen(prepared.seen) && identityOf(places.claude.root) === prepared.claudeRoot;
  const look = stands && prepared.isUnnamed ? nowNamed(prepared.look, kind) : prepared.look;
  if (stands && look !== undefined) return look;
  forgetPrepared(memory);
  return undefined;
}

/** Of a file that got its name the time of that is all that changed. */
function nowNamed(look: DocumentLook, kind: DocumentKind): DocumentLook | undefined {
  const now = statFile(kind.home);
  if (now === undefined || look.home.kind !== "ok") return undefined;
  const { ctimeNs } = now;
  const { content } = look.home;
  if (!Bun.deepEquals({ ...content.stat, ctimeNs }, now)) return undefined;
  return { ...look, home: { ...look.home, content: { ...content, stat: now } } };
}

/** What is to be written is made before a lock of Claude's is taken. */
function lookWithWrites(pass: Pass, kind: DocumentKind): DocumentLook {
  const seen = look(pass, kind);
  return asksToWrite(seen) ? withWrites(kind, seen) : seen;
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

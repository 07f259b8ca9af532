import { checkpoint } from "../checkpoint.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { type Beforehand, forgetBeforehand, writeBeforehand } from "../disk/write-file.ts";
import { formatLike, type JsonObject } from "../json.ts";
import { freshBase } from "../merge/fresh-base.ts";
import { quarantineFile, recordConflicts } from "../quarantine.ts";
import { readAccount } from "./account.ts";
import { type Base, readBaseDocument, writeBaseDocument } from "./base.ts";
import {
  type DocumentDecision,
  type DocumentKind,
  type DocumentQuestion,
  type DocumentSide,
  decideDocument,
  goodValue,
  judgeSide,
  statOf,
} from "./document.ts";
import {
  forgetMerges,
  type MergeNote,
  mergesIn,
  noteFrom,
  readNote,
  writeNote,
  writeNoteBeforehand,
} from "./noted-merges.ts";
import type { Places } from "./places.ts";
import { MISSING, type Signature, signatureFrom, signatureOf } from "./signature.ts";
import { writeSide } from "./write-side.ts";

/** What a look at one document found: both sides as read, and what is to become of them. */
export type DocumentLook = {
  /** The base proper, and what was noted beside it. */
  readonly proven: JsonObject | "void";
  readonly note: MergeNote;
  /** What the sides were judged by. */
  readonly base: JsonObject | "void";
  /** Merges that it takes into account and that are not in the base proper yet. */
  readonly merges: readonly JsonObject[];
  readonly home: DocumentSide;
  readonly tree: DocumentSide;
  readonly decision: DocumentDecision;
  /** Where they were made beforehand. */
  readonly writes?: Writes;
};

/** What carrying out a look on both sides writes: the note beside the base, and each side. */
type Writes = {
  readonly note: JsonObject | undefined;
  readonly home: Uint8Array | undefined;
  readonly tree: Uint8Array | undefined;
  /** Those of them that stand on the disk already, under temporary names. */
  readonly beforehand?: WritesBeforehand;
};

type WritesBeforehand = Readonly<Partial<Record<"note" | "home" | "tree", Beforehand>>>;

/** True where neither side changed since they were last reconciled: nothing is read. */
export function isSettled(kind: DocumentKind, base: Base): boolean {
  return (
    sameAs(base.settled[sideKey(kind, "home")], kind.home) &&
    sameAs(base.settled[sideKey(kind, "tree")], kind.tree)
  );
}

function sameAs(known: Signature | undefined, path: string): boolean {
  return known !== undefined && known !== MISSING && known === signatureOf(path);
}

/**
 * Reads both sides and decides. Writes nothing.
 * @param options.before an earlier look with the same options: where it saw just this it still holds
 * @param options.homeAt where home's side is to be read, as long as it has not got its name
 */
export function lookAt(
  places: Places,
  kind: DocumentKind,
  { before, homeAt = kind.home, ...options }: LookOptions,
): DocumentLook {
  const proven = readBaseDocument(places, kind.name);
  const note = readNote(places, kind);
  const home = judgeSide(readRegularFile(homeAt));
  // What is read through a link is home's, and what were written through it would reach home: the overlay too.
  const tree = isLink(kind.tree) ? MISSING_SIDE : judgeSide(readRegularFile(kind.tree));
  const seen = { proven, note, home, tree };
  if (before !== undefined && sawTheSame(before, seen)) return before;
  const merges = mergesIn(note, proven);
  const base =
    merges.length > 0 && home.kind === "ok" && tree.kind === "ok"
      ? freshBase({ base: proven, merges, home: home.value, tree: tree.value, atomic: kind.atomic })
      : proven;
  const account = tree.kind === "ok" ? undefined : readAccount(places);
  const decision = decideDocument(kind, { base, home, tree, account, ...options });
  return { ...seen, base, merges, decision };
}

type LookOptions = Pick<DocumentQuestion, "rebuild" | "deletion"> & {
  readonly before?: DocumentLook | undefined;
  readonly homeAt?: string;
};

/** Bytes that did not change were parsed once, and have one value. The times of a side decide too. */
function sawTheSame(a: DocumentLook, b: Pick<DocumentLook, "proven" | "note" | "home" | "tree">): boolean {
  const sameBase = a.proven === b.proven && a.note === b.note;
  return sameBase && sameSide(a.home, b.home) && sameSide(a.tree, b.tree);
}

function sameSide(a: DocumentSide, b: DocumentSide): boolean {
  return (
    a.kind === "ok" &&
    b.kind === "ok" &&
    a.value === b.value &&
    signatureFrom(a.content.stat) === signatureFrom(b.content.stat)
  );
}

/** Makes all that carrying it out will write, so that only this is left to be done under the locks. */
export function withWrites(kind: DocumentKind, look: DocumentLook): DocumentLook {
  const { decision, home, tree } = look;
  const writes = {
    note: noteAfter(kind, look, "both"),
    home: decision.home && bytesOf(decision.home, home),
    tree: decision.tree && bytesOf(decision.tree, tree),
  };
  return { ...look, writes };
}

/**
 * Puts what carrying it out will write beside its targets, so that under the locks it only gets its names. To be forgotten in any
 * case.
 * @throws ClauthError as `domainError`: then nothing is left
 */
export function withFilesBeforehand(places: Places, kind: DocumentKind, look: DocumentLook): DocumentLook {
  const { writes, home, tree } = look;
  if (writes === undefined) return look;
  const beforehand: { -readonly [File in keyof WritesBeforehand]: WritesBeforehand[File] } = {};
  try {
    if (writes.note !== undefined) beforehand.note = writeNoteBeforehand(places, kind, writes.note);
    if (writes.tree !== undefined)
      beforehand.tree = writeBeforehand(kind.tree, writes.tree, { mode: statOf(tree)?.mode });
    if (writes.home !== undefined)
      beforehand.home = writeBeforehand(kind.home, writes.home, { mode: statOf(home)?.mode });
    checkpoint(`${kind.name}:written-beforehand`);
  } catch (error) {
    for (const file of Object.values(beforehand)) forgetBeforehand(file);
    throw error;
  }
  return { ...look, writes: { ...writes, beforehand } };
}

export function forgetFilesBeforehand({ writes }: DocumentLook): void {
  for (const file of Object.values(writes?.beforehand ?? {})) forgetBeforehand(file);
}

function bytesOf(value: JsonObject, side: DocumentSide): Uint8Array {
  return formatLike(value, side.kind === "missing" ? undefined : side.content.bytes);
}

/** What is noted before a look is carried out: what it will leave on both sides, and the merges before it. */
function noteAfter(kind: DocumentKind, look: DocumentLook, sides: "tree" | "both"): JsonObject | undefined {
  const { base, proven, merges, decision } = look;
  const home = (sides === "both" ? decision.home : undefined) ?? goodValue(look.home);
  const tree = decision.tree ?? goodValue(look.tree);
  if (home === undefined || tree === undefined) return undefined;
  return noteFrom(proven, [...merges, kind.agreed(base === "void" ? {} : base, home, tree)]);
}

/** What a look led to, for the log: no values, which may be secrets. */
export function describe({ decision, tree }: DocumentLook, sides: "tree" | "both"): string {
  const written = [sides === "both" && decision.home && "home", decision.tree && "tree"].filter(Boolean);
  return [
    `merged into ${written.join(" and ")}`,
    ...(tree.kind === "missing" ? ["the tree had none"] : []),
    ...(tree.kind === "damaged" ? ["the tree's was damaged and is in backups"] : []),
    ...decision.reset.map(
      (side) => `${side === "home" ? "home's" : "the tree's"} was reset: what it lost is put back`,
    ),
    ...(decision.lost.length === 0 ? [] : [`${decision.lost.length} values lost to a later edit`]),
    ...(decision.deleted.length === 0 ? [] : [`${decision.deleted.length} deletions carried`]),
  ].join(", ");
}

/**
 * Carries a decision out: losers to quarantine first, then the sides, each compared once more right before its rename.
 * @param shown told once the tree has what it is to have
 * @throws ClauthError `concurrent_modification` (retry-safe) where a side changed since it was read.
 */
export function carryOut(
  places: Places,
  kind: DocumentKind,
  look: DocumentLook,
  sides: "tree" | "both",
  shown?: () => void,
): void {
  const { decision } = look;
  if (decision.damagedTree !== undefined) {
    quarantineFile(places.paths, `damaged-${kind.name}`, decision.damagedTree.bytes);
  }
  recordConflicts(places.paths, kind.name, [
    ...decision.lost.filter(({ side }) => sides === "both" || side === "tree"),
    ...decision.deleted.filter(({ missingOn }) => sides === "both" || missingOn === "home"),
  ]);
  const keep = ({ bytes }: FileContent) => void quarantineFile(places.paths, `displaced-${kind.name}`, bytes);
  checkpoint(`${kind.name}:before-tree`);
  if (decision.tree !== undefined) {
    if (isLink(kind.tree)) attempt("unlink", kind.tree, () => disk.unlink(kind.tree));
    const bytes = look.writes?.tree ?? bytesOf(decision.tree, look.tree);
    const beforehand = look.writes?.beforehand?.tree;
    writeSide(kind.tree, look.tree, { value: decision.tree, bytes, beforehand }, { shown, keep });
  }
  checkpoint(`${kind.name}:before-home`);
  if (sides === "both" && decision.home !== undefined) {
    const bytes = look.writes?.home ?? bytesOf(decision.home, look.home);
    const beforehand = look.writes?.beforehand?.home;
    writeSide(kind.home, look.home, { value: decision.home, bytes, beforehand }, { keep });
  }
  checkpoint(`${kind.name}:written`);
}

/**
 * As `carryOut`, where the base may not follow yet: what the merge is to leave on both sides is noted beside it, so that a later
 * edit of the same key is one of that side alone. Noted before anything is written, because after a kill one side may
 * hold it, and beside what was noted before, because a write of claude's may bring that back.
 */
export function carryOutFresh(
  places: Places,
  kind: DocumentKind,
  look: DocumentLook,
  sides: "tree" | "both",
): void {
  const prepared = sides === "both" ? look.writes : undefined;
  const note = prepared?.note ?? noteAfter(kind, look, sides);
  if (note !== undefined) writeNote(places, kind, note, prepared?.beforehand?.note);
  let inTree = false;
  try {
    carryOut(places, kind, look, sides, () => {
      inTree = true;
    });
  } catch (error) {
    if (!inTree) writeNote(places, kind, noteFrom(look.proven, look.merges));
    throw error;
  }
}

/** The Rust tool linked these documents, and a user may: the copy that takes a link's place begins as a missing one does. */
function isLink(path: string): boolean {
  return attempt("look at", path, () => disk.lstatIfThere(path)?.isSymbolicLink() === true);
}

const MISSING_SIDE = { kind: "missing" } as const;

/**
 * Moves the base to where both sides stand in `look`, per key only where they agree. Returns the signatures of what is settled by it.
 */
export function advanceBase(
  places: Places,
  kind: DocumentKind,
  look: DocumentLook,
): Record<string, Signature> {
  const { base, merges, home, tree, decision } = look;
  if (home.kind !== "ok" || tree.kind !== "ok") return {};
  writeBaseDocument(places, kind.name, kind.agreed(base === "void" ? {} : base, home.value, tree.value));
  if (merges.length > 0) forgetMerges(places, kind);
  checkpoint(`${kind.name}:base-written`);
  const done = decision.settled && decision.home === undefined && decision.tree === undefined;
  return done ? settledSides(kind, look) : {};
}

/** The signatures are those of the bytes that were read, never of a file that may have changed since. */
function settledSides(kind: DocumentKind, look: DocumentLook): Record<string, Signature> {
  const settled: Record<string, Signature> = {};
  for (const [name, side, path] of [
    ["home", look.home, kind.home],
    ["tree", look.tree, kind.tree],
  ] as const) {
    const now = signatureOf(path);
    if (side.kind !== "missing" && now !== undefined && now === signatureFrom(side.content.stat)) {
      settled[sideKey(kind, name)] = now;
    }
  }
  return settled;
}

function sideKey(kind: DocumentKind, side: "home" | "tree"): string {
  return `${kind.name}:${side}`;
}

import { checkpoint } from "../checkpoint.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { formatLike, type JsonObject } from "../json.ts";
import { freshBase } from "../merge/fresh-base.ts";
import { quarantineFile, recordConflicts } from "../quarantine.ts";
import { readAccount } from "./account.ts";
import { type Base, readBaseDocument, removeBaseDocument, writeBaseDocument } from "./base.ts";
import {
  type DocumentDecision,
  type DocumentKind,
  type DocumentQuestion,
  type DocumentSide,
  decideDocument,
  judgeSide,
} from "./document.ts";
import type { Places } from "./places.ts";
import { MISSING, type Signature, signatureOf } from "./signature.ts";

/** What a look at one document found: both sides as read, and what is to become of them. */
export type DocumentLook = {
  /** What the sides were judged by. */
  readonly base: JsonObject | "void";
  /** True where that takes a merge into account which is not in the base yet. */
  readonly isFresh: boolean;
  readonly home: DocumentSide;
  readonly tree: DocumentSide;
  readonly decision: DocumentDecision;
};

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

/** Reads both sides and decides. Writes nothing. */
export function lookAt(
  places: Places,
  kind: DocumentKind,
  options: Pick<DocumentQuestion, "rebuild" | "deletion">,
): DocumentLook {
  const proven = readBaseDocument(places, kind.name);
  const fresh = readBaseDocument(places, `${kind.name}.fresh`);
  const home = judgeSide(readRegularFile(kind.home));
  // What is read through a link is home's, and what were written through it would reach home: the overlay too.
  const tree = isLink(kind.tree) ? MISSING_SIDE : judgeSide(readRegularFile(kind.tree));
  const isFresh = fresh !== "void" && home.kind === "ok" && tree.kind === "ok";
  const base = isFresh
    ? freshBase({ base: proven, fresh, home: home.value, tree: tree.value, atomic: kind.atomic })
    : proven;
  const account = tree.kind === "ok" ? undefined : readAccount(places);
  const decision = decideDocument(kind, { base, home, tree, account, ...options });
  return { base, isFresh, home, tree, decision };
}

/** True where the look asks for a write on a side that Claude Code writes too. */
export function asksForWrite(look: DocumentLook, sides: "tree" | "both"): boolean {
  return look.decision.tree !== undefined || (sides === "both" && look.decision.home !== undefined);
}

/**
 * Carries a decision out: losers to quarantine first, then the sides, each compared once more right before its rename.
 * @throws ClauthError `concurrent_modification` (retry-safe) where a side changed since it was read.
 */
export function carryOut(
  places: Places,
  kind: DocumentKind,
  look: DocumentLook,
  sides: "tree" | "both",
): void {
  const { decision } = look;
  if (decision.damagedTree !== undefined) {
    quarantineFile(places.paths, `damaged-${kind.name}`, decision.damagedTree.bytes);
  }
  recordConflicts(places.paths, kind.name, [
    ...decision.lost.filter(({ side }) => sides === "both" || side === "tree"),
    ...decision.deleted.filter(({ missingOn }) => sides === "both" || missingOn === "home"),
  ]);
  checkpoint(`${kind.name}:before-tree`);
  if (decision.tree !== undefined) {
    if (isLink(kind.tree)) attempt("unlink", kind.tree, () => disk.unlink(kind.tree));
    writeSide(kind.tree, look.tree, decision.tree);
  }
  checkpoint(`${kind.name}:before-home`);
  if (sides === "both" && decision.home !== undefined) writeSide(kind.home, look.home, decision.home);
  checkpoint(`${kind.name}:written`);
}

/** The Rust tool linked these documents, and a user may: the copy that takes a link's place begins as a missing one does. */
function isLink(path: string): boolean {
  return attempt("look at", path, () => disk.lstatIfThere(path)?.isSymbolicLink() === true);
}

const MISSING_SIDE = { kind: "missing" } as const;

function writeSide(path: string, side: DocumentSide, value: JsonObject): void {
  const before = side.kind === "missing" ? undefined : side.content;
  writeFileAtomic(path, formatLike(value, before?.bytes), {
    mode: 0o600,
    keepMode: true,
    expect: before ?? "absent",
  });
}

/**
 * Notes what a merge left on both sides where the base may not follow yet: a later edit of the same key is then one of that
 * side alone. `sides` are those that were written.
 */
export function noteFreshMerge(
  places: Places,
  kind: DocumentKind,
  { base, home, tree, decision }: DocumentLook,
  sides: "tree" | "both",
): void {
  const onHome = (sides === "both" ? decision.home : undefined) ?? goodValue(home);
  const onTree = decision.tree ?? goodValue(tree);
  if (onHome === undefined || onTree === undefined) return;
  writeBaseDocument(places, `${kind.name}.fresh`, kind.agreed(base === "void" ? {} : base, onHome, onTree));
  checkpoint(`${kind.name}:fresh-written`);
}

function goodValue(side: DocumentSide): JsonObject | undefined {
  return side.kind === "ok" ? side.value : undefined;
}

/**
 * Moves the base to where both sides stand in `look`, per key only where they agree. Returns the signatures of what is settled by it.
 */
export function advanceBase(
  places: Places,
  kind: DocumentKind,
  look: DocumentLook,
): Record<string, Signature> {
  const { base, isFresh, home, tree, decision } = look;
  if (home.kind !== "ok" || tree.kind !== "ok") return {};
  writeBaseDocument(places, kind.name, kind.agreed(base === "void" ? {} : base, home.value, tree.value));
  if (isFresh) removeBaseDocument(places, `${kind.name}.fresh`);
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
    if (side.kind !== "missing" && now !== undefined && now === contentSignature(side)) {
      settled[sideKey(kind, name)] = now;
    }
  }
  return settled;
}

function contentSignature(side: Exclude<DocumentSide, { kind: "missing" }>): Signature {
  const { dev, ino, size, mtimeNs } = side.content.stat;
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

function sideKey(kind: DocumentKind, side: "home" | "tree"): string {
  return `${kind.name}:${side}`;
}

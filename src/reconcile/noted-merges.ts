import { checkpoint } from "../checkpoint.ts";
import type { Beforehand } from "../disk/write-file.ts";
import { type JsonObject, ownValue } from "../json.ts";
import { changeFrom, changesFrom, withChanges } from "../merge/changes.ts";
import {
  readBaseDocument,
  removeBaseDocument,
  writeBaseDocument,
  writeBaseDocumentBeforehand,
} from "./base.ts";
import type { DocumentKind } from "./document.ts";
import type { Places } from "./places.ts";

/** What is noted beside the base. */
export type MergeNote = JsonObject | "void";

/**
 * A note of merges that the base may not follow yet, the last few of them. As changes from the base: the documents may be large, and
 * what changes within seconds is small.
 * @param proven the base proper
 */
export function noteFrom(proven: JsonObject | "void", merges: readonly JsonObject[]): JsonObject {
  return { merges: merges.slice(-MERGES_KEPT).map((merge) => changesFrom(orEmpty(proven), merge)) };
}

export function writeNote(
  places: Places,
  kind: DocumentKind,
  note: JsonObject,
  beforehand?: Beforehand,
): void {
  writeBaseDocument(places, noteOf(kind), note, beforehand);
  checkpoint(`${kind.name}:fresh-written`);
}

export function writeNoteBeforehand(places: Places, kind: DocumentKind, note: JsonObject): Beforehand {
  return writeBaseDocumentBeforehand(places, noteOf(kind), note);
}

export function readNote(places: Places, kind: DocumentKind): MergeNote {
  return readBaseDocument(places, noteOf(kind));
}

/** More than a pass makes while Claude Code writes one document once. */
const MERGES_KEPT = 8;

/**
 * The merges that were noted, as whole documents.
 * @param proven the base proper
 */
export function mergesIn(note: MergeNote, proven: JsonObject | "void"): readonly JsonObject[] {
  const merges = note === "void" ? undefined : ownValue(note, "merges");
  if (!Array.isArray(merges)) return [];
  return merges
    .filter((changes) => Array.isArray(changes))
    .map((changes) =>
      withChanges(
        orEmpty(proven),
        changes.flatMap((change) => changeFrom(change) ?? []),
      ),
    );
}

function orEmpty(base: JsonObject | "void"): JsonObject {
  return base === "void" ? {} : base;
}

/** For a base that follows them now. */
export function forgetMerges(places: Places, kind: DocumentKind): void {
  removeBaseDocument(places, noteOf(kind));
}

function noteOf({ name }: DocumentKind) {
  return `${name}.fresh` as const;
}

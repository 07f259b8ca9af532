import { checkpoint } from "../checkpoint.ts";
import { type JsonObject, ownValue } from "../json.ts";
import { changeFrom, changesFrom, withChanges } from "../merge/changes.ts";
import { readBaseDocument, removeBaseDocument, writeBaseDocument } from "./base.ts";
import type { DocumentKind } from "./document.ts";
import type { Places } from "./places.ts";

/**
 * Notes merges that the base may not follow yet, the last few of them. As changes from the base: the documents may be large, and
 * what changes within seconds is small.
 */
export function noteMerges(places: Places, kind: DocumentKind, merges: readonly JsonObject[]): void {
  const proven = readBaseDocument(places, kind.name);
  const changes = merges.slice(-MERGES_KEPT).map((merge) => changesFrom(orEmpty(proven), merge));
  writeBaseDocument(places, noteOf(kind), { merges: changes });
  checkpoint(`${kind.name}:fresh-written`);
}

/** More than a pass makes while Claude Code writes one document once. */
const MERGES_KEPT = 8;

/**
 * The merges that were noted, as whole documents.
 * @param proven the base proper
 */
export function readMerges(
  places: Places,
  kind: DocumentKind,
  proven: JsonObject | "void",
): readonly JsonObject[] {
  const note = readBaseDocument(places, noteOf(kind));
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

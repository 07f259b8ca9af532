import type { FileContent, FileStat } from "../disk/read-file.ts";
import { equalJson, isObject, type JsonObject } from "../json.ts";
import type { Deletion, DeletionChoice, KeyPath, Loss, MergeResult, Side } from "../merge/three-way.ts";
import { parseOnce } from "./parse-once.ts";

/** A JSON file that both claude home and a runtime tree hold, and how its two sides are made to agree. */
export type DocumentKind = {
  /** Also the name of its base: the last common state of the part that travels. */
  readonly name: "claude.json" | "settings.json";
  readonly home: string;
  readonly tree: string;
  readonly merge: (sides: MergeSides) => MergeResult;
  /** True for a key whose value is taken whole. */
  readonly atomic: (key: KeyPath) => boolean;
  /** The part that travels, per key only where both sides agree; else what the base had. */
  readonly agreed: (base: JsonObject, home: JsonObject, tree: JsonObject) => JsonObject;
  /** What a missing or damaged tree side begins as. */
  readonly seed: (sources: SeedSources) => JsonObject;
  /** The part that never travels: it belongs to the account. */
  readonly accountPart: (document: JsonObject) => JsonObject;
};

export type SeedSources = {
  readonly home: JsonObject | undefined;
  readonly base: JsonObject | undefined;
  readonly account: JsonObject | undefined;
};

export type MergeSides = {
  readonly base: JsonObject | "void";
  readonly home: JsonObject;
  readonly tree: JsonObject;
  readonly later: Side;
  readonly deletion: (deletion: Deletion) => DeletionChoice;
};

/** One side as it was read. */
export type DocumentSide =
  | { readonly kind: "missing" }
  | { readonly kind: "damaged"; readonly content: FileContent }
  | { readonly kind: "ok"; readonly content: FileContent; readonly value: JsonObject };

/** Judges bytes: anything but a JSON object is damage, an empty file too. */
export function judgeSide(content: FileContent | undefined): DocumentSide {
  if (content === undefined) return { kind: "missing" };
  const value = parseOnce(content.bytes);
  return isObject(value) ? { kind: "ok", content, value } : { kind: "damaged", content };
}

/** The document of a side that has a good one. */
export function goodValue(side: DocumentSide): JsonObject | undefined {
  return side.kind === "ok" ? side.value : undefined;
}

export type DocumentDecision = {
  /** What each side has to hold; undefined where nothing is to be written there. */
  readonly home: JsonObject | undefined;
  readonly tree: JsonObject | undefined;
  /** Bytes of the tree that have to be kept before they are replaced. */
  readonly damagedTree: FileContent | undefined;
  /** True where the sides then agree in all that travels: nothing held back, nothing left to carry. */
  readonly settled: boolean;
  readonly lost: readonly Loss[];
  readonly deleted: readonly Deletion[];
  readonly held: readonly Deletion[];
  /** Sides that were reset, and get back what they lost. */
  readonly reset: readonly Side[];
};

export type DocumentQuestion = {
  readonly base: JsonObject | "void";
  readonly home: DocumentSide;
  readonly tree: DocumentSide;
  /** `account.json` of the profile. */
  readonly account: JsonObject | undefined;
  /** False where a live claude may be mending its own copy: then a damaged tree side is left alone. */
  readonly rebuild: boolean;
  readonly deletion: DeletionPolicy;
};

/** What to make of a key that is missing on one side, in the version of that side that `stat` describes. */
export type DeletionPolicy = (deletion: Deletion, stat: FileStat | undefined) => DeletionChoice;

/**
 * Decides what becomes of both sides. Total: every combination of missing, damaged and good has an answer.
 * - a damaged home is left as it is and never spread: the tree lives on with what the base knows of it;
 * - a missing side makes the base void: a union, nothing deleted (a side that was reset too, see the merges);
 * - a damaged tree side goes to quarantine and is rebuilt, unless a live claude may be at it.
 */
export function decideDocument(kind: DocumentKind, question: DocumentQuestion): DocumentDecision {
  const known = question.base === "void" ? undefined : question.base;
  const { home, tree } = question;
  if (tree.kind === "damaged" && !question.rebuild) return NOTHING_TO_DO;

  const goodHome = home.kind === "ok" ? home.value : undefined;
  const homeValue = goodHome ?? (home.kind === "damaged" ? (known ?? {}) : {});
  const treeValue =
    tree.kind === "ok" ? tree.value : kind.seed({ home: goodHome, base: known, account: question.account });
  const merged = kind.merge({
    base: home.kind === "missing" || tree.kind !== "ok" ? "void" : question.base,
    home: homeValue,
    tree: treeValue,
    later: laterSide(home, tree),
    deletion: (deletion) => question.deletion(deletion, statOf(deletion.missingOn === "home" ? home : tree)),
  });

  const writesHome = home.kind !== "damaged" && !equalJson(merged.home, homeValue);
  const writesTree = tree.kind !== "ok" || !equalJson(merged.tree, tree.value);
  return {
    home: writesHome ? merged.home : undefined,
    tree: writesTree ? merged.tree : undefined,
    damagedTree: tree.kind === "damaged" ? tree.content : undefined,
    settled: home.kind !== "damaged" && merged.held.length === 0,
    lost: merged.lost,
    deleted: merged.deleted,
    held: merged.held,
    reset: merged.reset ?? [],
  };
}

const NOTHING_TO_DO: DocumentDecision = {
  home: undefined,
  tree: undefined,
  damagedTree: undefined,
  settled: false,
  lost: [],
  deleted: [],
  held: [],
  reset: [],
};

function laterSide(home: DocumentSide, tree: DocumentSide): Side {
  return (statOf(tree)?.mtimeNs ?? 0n) > (statOf(home)?.mtimeNs ?? 0n) ? "tree" : "home";
}

export function statOf(side: DocumentSide): FileStat | undefined {
  return side.kind === "missing" ? undefined : side.content.stat;
}

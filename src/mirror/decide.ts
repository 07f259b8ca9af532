import type { Side } from "../merge/three-way.ts";

/** One side's file: what it holds, and since when. */
export type Version = { readonly hash: string; readonly size: number; readonly mtimeNs: bigint };

/** One name on both sides; what is undefined is not there. */
export type FileQuestion = {
  readonly name: string;
  /** The hash that both sides had when they last agreed; undefined where they never did, or where that can't be trusted. */
  readonly base: string | undefined;
  readonly home: Version | undefined;
  readonly tree: Version | undefined;
  /** The side whose bytes begin with all of the other's. */
  readonly longer: Side | undefined;
};

export type Verdict =
  /** Both are gone. */
  | { readonly do: "forget" }
  /** Both hold the same. */
  | { readonly do: "agree" }
  /** The other side has nothing, or nothing that this one does not have, or what both had: it is written over. */
  | { readonly do: "carry"; readonly from: Side }
  /** Both changed: the other side's goes to quarantine first. */
  | { readonly do: "win"; readonly from: Side }
  /** Both were appended to. */
  | { readonly do: "join" }
  /** The other side removed what did not change here. */
  | { readonly do: "remove"; readonly from: Side };

/** What becomes of one file. Total, and after it is carried out the answer is "agree" or "forget". */
export function decideFile({ name, base, home, tree, longer }: FileQuestion): Verdict {
  if (home === undefined && tree === undefined) return { do: "forget" };
  if (home === undefined || tree === undefined) {
    const from = home === undefined ? "tree" : "home";
    const untouched = base !== undefined && (home ?? tree)?.hash === base;
    return { do: untouched ? "remove" : "carry", from };
  }
  if (home.hash === tree.hash) return { do: "agree" };
  if (tree.hash === base) return { do: "carry", from: "home" };
  if (home.hash === base) return { do: "carry", from: "tree" };
  if (longer !== undefined) return { do: "carry", from: longer };
  if (name.endsWith(".jsonl")) return { do: "join" };
  return { do: "win", from: tree.mtimeNs > home.mtimeNs ? "tree" : "home" };
}

/** One name, of which the tree has a link or both sides had one. */
export type LinkQuestion = {
  /** The text of the link that both had when they last agreed. */
  readonly base: string | undefined;
  readonly home: LinkSide;
  readonly tree: LinkSide;
  readonly later: () => Side;
};

/** "other": a file, a directory or the like. */
export type LinkSide = { readonly link: string } | "absent" | "other";

export type LinkVerdict =
  | { readonly do: "agree"; readonly text: string }
  /** The other side has none, or the one that both had. */
  | { readonly do: "carry" | "win"; readonly from: Side; readonly text: string }
  /** The other side removed what did not change here. */
  | { readonly do: "remove"; readonly from: Side }
  /** The other side put something else in its place: the link goes, and that is looked at. */
  | { readonly do: "replace"; readonly from: Side }
  /** No matter of links. */
  | undefined;

/** What becomes of one link. */
export function decideLink({ base, home, tree, later }: LinkQuestion): LinkVerdict {
  const [ours, theirs] = [textOf(home), textOf(tree)];
  if (ours !== undefined && theirs !== undefined) {
    if (ours === theirs) return { do: "agree", text: ours };
    if (ours === base) return { do: "carry", from: "tree", text: theirs };
    if (theirs === base) return { do: "carry", from: "home", text: ours };
    const from = later();
    return { do: "win", from, text: from === "home" ? ours : theirs };
  }
  const from = ours === undefined ? "tree" : "home";
  const text = ours ?? theirs;
  const other = from === "home" ? tree : home;
  if (text === undefined) return undefined;
  if (text === base) return { do: other === "absent" ? "remove" : "replace", from };
  // A link of claude home alone is what it leads to.
  const carried = other === "absent" && (from === "tree" || base !== undefined);
  return carried ? { do: "carry", from, text } : undefined;
}

function textOf(side: LinkSide): string | undefined {
  return typeof side === "object" ? side.link : undefined;
}

/** True where one pass may not remove so many files: rather a disk that went away than a user, or claude, who cleaned up. */
export function isTooMuch(removed: number, known: number): boolean {
  return removed > 20 && removed * 10 > known;
}

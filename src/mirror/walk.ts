import { dirname } from "node:path";
import { disk } from "../disk/disk.ts";
import { isAbsence } from "../disk/read-file.ts";
import { sweepTemporaries } from "../disk/sweep.ts";
import { isTemporaryName } from "../disk/write-file.ts";
import type { Side } from "../merge/three-way.ts";
import { SPLIT_DIRECTORY } from "../tree/odd-entries.ts";
import { isLeftAlone, isNameable } from "./left-alone.ts";
import { mirrorFile } from "./mirror-file.ts";
import type { Agreed } from "./mirror-index.ts";
import { mirrorLink } from "./mirror-link.ts";
import { agree, fail, otherSide, type Pass, pathOn } from "./pass.ts";
import { readVersion } from "./read-version.ts";
import {
  ABSENT,
  type DirectorySight,
  type FileSight,
  identityOf,
  lookAt,
  markOf,
  type Sides,
  type Sight,
  unreadable,
} from "./sight.ts";
import { enter, type Way } from "./way.ts";

/**
 * Looks at all that a directory holds on the sides where there is one.
 * @returns true where nothing will be left in it
 */
export function lookInto(pass: Pass, directory: string, there: Sides<boolean>, way: Way): boolean {
  const names = {
    home: there.home ? namesIn(pass, "home", directory) : NOWHERE,
    tree: there.tree ? namesIn(pass, "tree", directory) : NOWHERE,
  };
  if (names.home === undefined || names.tree === undefined) return false;
  const known = pass.index.entriesOf(directory);
  let empty = true;
  for (const name of new Set([...names.home, ...names.tree, ...known.keys()])) {
    const inside = directory === "" ? name : `${directory}/${name}`;
    if (!isNameable(pass, inside)) {
      empty = false;
      continue;
    }
    const sights = {
      home: names.home.has(name) ? lookAt("home", pathOn(pass, "home", inside)) : ABSENT,
      tree: names.tree.has(name) ? lookAt("tree", pathOn(pass, "tree", inside)) : ABSENT,
    };
    if (!lookAtEntry(pass, inside, sights, known.get(name), way)) empty = false;
  }
  return empty;
}

/** Undefined where it can't be read: nobody may take that for empty (trap 8). */
function namesIn(pass: Pass, side: Side, directory: string): ReadonlySet<string> | undefined {
  try {
    const path = pathOn(pass, side, directory);
    const names = disk.list(path);
    if (names.some(isTemporaryName)) sweepTemporaries(path);
    return new Set(names);
  } catch (cause) {
    // One that went is empty; a root that did is no deletion of everything.
    if (isAbsence(cause) && directory !== "") return NOWHERE;
    pass.skipped.push({ name: directory, why: unreadable(side, cause) });
    return undefined;
  }
}

const NOWHERE: ReadonlySet<string> = new Set();

/**
 * Makes both sides of one entry agree, with all that is below it.
 * @returns true where nothing will be left of it on either side
 */
export function lookAtEntry(
  pass: Pass,
  name: string,
  sights: Sides<Sight>,
  known: Agreed | undefined,
  way: Way,
): boolean {
  const { home, tree } = sights;
  if (home.type === "absent" && tree.type === "absent") {
    if (known !== undefined) pass.index.forget(name);
    return true;
  }
  if (isLeftAlone(pass, name, sights, known)) return false;
  try {
    if (tree.type === "link" || known?.type === "link") {
      const gone = mirrorLink(pass, name, sights, known);
      if (gone !== undefined) return gone;
    }
    const why = home.type === "blocked" ? home.why : tree.type === "blocked" ? tree.why : undefined;
    if (why !== undefined) {
      pass.skipped.push({ name, why });
      return false;
    }
    return lookAtPair(pass, name, sights, known, way);
  } catch (cause) {
    fail(pass, name, cause);
    return false;
  }
}

function lookAtPair(
  pass: Pass,
  name: string,
  { home, tree }: Sides<Sight>,
  known: Agreed | undefined,
  way: Way,
): boolean {
  if (home.type === "directory" && tree.type === "directory") {
    bothDirectories(pass, name, { home, tree }, known, way);
    return false;
  }
  if (home.type === "directory" && tree.type === "absent") {
    return oneDirectory(pass, name, { from: "home", sight: home }, known, way);
  }
  if (tree.type === "directory" && home.type === "absent") {
    return oneDirectory(pass, name, { from: "tree", sight: tree }, known, way);
  }
  if (home.type === "directory" || tree.type === "directory" || tree.type === "link") {
    clash(pass, name, { home, tree }, known, way);
    return false;
  }
  const pair = {
    home: home.type === "file" ? home : undefined,
    tree: tree.type === "file" ? tree : undefined,
  };
  return mirrorFile(pass, name, pair, known?.type === "file" ? known : undefined);
}

function bothDirectories(
  pass: Pass,
  name: string,
  { home, tree }: Sides<DirectorySight>,
  known: Agreed | undefined,
  way: Way,
): void {
  const marks = { home: identityOf(home.stat), tree: identityOf(tree.stat) };
  // By a mount, or a link of claude home.
  if (marks.home !== "" && marks.home === marks.tree) return;
  const settled =
    known?.type === "directory" && known.home.mark === marks.home && known.tree.mark === marks.tree;
  if (settled && way.levels === 0) return;
  const onward = enter(pass, name, home, way);
  if (onward === undefined) return;
  const levels = settled ? way.levels - 1 : Number.POSITIVE_INFINITY;
  lookInto(pass, name, { home: true, tree: true }, { ...onward, levels });
  if (settled || name === SPLIT_DIRECTORY) return;
  const sides = { home: { mark: marks.home, mode: 0 }, tree: { mark: marks.tree, mode: 0 } };
  agree(pass, name, { type: "directory", hash: "", size: 0, ...sides });
}

type OneDirectory = { readonly from: Side; readonly sight: DirectorySight };

/** One that the other side removed, or one that it does not have yet. */
function oneDirectory(
  pass: Pass,
  name: string,
  { from, sight }: OneDirectory,
  known: Agreed | undefined,
  way: Way,
): boolean {
  const there = { home: from === "home", tree: from === "tree" };
  const removed = known?.type === "directory";
  if (removed && sight.linked) {
    pass.removals.push({ do: "remove-link", name, from });
    return true;
  }
  const entered = from === "home" ? enter(pass, name, sight, way) : way;
  if (entered === undefined) return false;
  const onward = { ...entered, levels: Number.POSITIVE_INFINITY };
  if (removed) {
    const goes = lookInto(pass, name, there, onward);
    if (goes) pass.removals.push({ do: "remove-directory", name, from });
    return goes;
  }
  if (name === SPLIT_DIRECTORY && !pass.isMirrored(name, "directory")) {
    lookInto(pass, name, there, onward);
    return false;
  }
  const to = otherSide(from);
  const path = pathOn(pass, to, name);
  disk.makeDirectory(path, 0o700);
  pass.unsynced.add(dirname(path));
  pass.done.push({ do: "make-directory", name, to });
  const made = lookAt(to, path);
  if (made.type === "directory") {
    const sights = from === "home" ? { home: sight, tree: made } : { home: made, tree: sight };
    bothDirectories(pass, name, sights, known, way);
  }
  return false;
}

/**
 * A file on one side and a directory on the other, or a link in the tree alone. Where one of them is what both had, the other side replaced it: it goes, and
 * then what took its place is looked at.
 */
function clash(
  pass: Pass,
  name: string,
  { home, tree }: Sides<Sight>,
  known: Agreed | undefined,
  way: Way,
): void {
  const from = home.type === "file" ? "home" : "tree";
  const file = home.type === "file" ? home : tree.type === "file" ? tree : undefined;
  const before = pass.removals.length;
  if (known?.type === "file" && file !== undefined && holds(pass, name, from, file, known)) {
    if (file.linked) pass.removals.push({ do: "remove-link", name, from });
    else pass.removals.push({ do: "remove", name, from, stat: file.stat, hash: known.hash });
  } else if (known?.type === "directory") {
    const sight = home.type === "directory" ? home : tree;
    const side = otherSide(from);
    if (sight.type === "directory") oneDirectory(pass, name, { from: side, sight }, known, way);
  }
  if (pass.removals.length > before) {
    pass.replacing.add(name);
    return;
  }
  if (tree.type === "link") {
    pass.skipped.push({ name, why: "a link stands in its place in the tree" });
    return;
  }
  const [at, other] = from === "home" ? ["claude home", "the tree"] : ["the tree", "claude home"];
  pass.skipped.push({ name, why: `it is a file in ${at} and a directory in ${other}` });
}

function holds(pass: Pass, name: string, side: Side, sight: FileSight, known: Agreed): boolean {
  if (known[side].mark === markOf(sight.stat)) return true;
  return readVersion(pathOn(pass, side, name), side === "home").hash === known.hash;
}

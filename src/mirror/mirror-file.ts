import { disk } from "../disk/disk.ts";
import type { Side } from "../merge/three-way.ts";
import { carry, type Found, type FoundPair, join } from "./carry-file.ts";
import { decideFile, type Verdict } from "./decide.ts";
import type { Agreed } from "./mirror-index.ts";
import { agree, otherSide, type Pass, pathOn } from "./pass.ts";
import { readVersion } from "./read-version.ts";
import { type FileSight, markOf } from "./sight.ts";

/** What stands at one name of both sides, where no side has anything but a file. */
export type FilePair = { readonly home: FileSight | undefined; readonly tree: FileSight | undefined };

/**
 * Makes both sides of one file agree; what the other side removed is only planned.
 * @returns true where nothing will be left of it
 * @throws ClauthError or a system error, with both sides whole
 */
export function mirrorFile(pass: Pass, name: string, pair: FilePair, known: Agreed | undefined): boolean {
  if (pair.home !== undefined && isSameFile(pair.home, pair.tree)) return false;
  if (known !== undefined && isUnchanged("home", pair, known) && isUnchanged("tree", pair, known)) {
    carryMode(pass, name, pair, known);
    return false;
  }
  const found = {
    home: findVersion(pass, "home", name, pair, known),
    tree: findVersion(pass, "tree", name, pair, known),
  };
  const longer = longerOf(pass, name, found, known);
  const verdict = decideFile({ name, base: known?.hash, ...found, longer: longer?.side });
  return carryOut(pass, { name, pair, known, verdict, found: longer?.found ?? found });
}

/** By a hard link or a mount. */
function isSameFile(home: FileSight, tree: FileSight | undefined): boolean {
  return home.stat.ino !== 0n && tree?.stat.ino === home.stat.ino && tree.stat.dev === home.stat.dev;
}

function isUnchanged(side: Side, pair: FilePair, known: Agreed): boolean {
  const sight = pair[side];
  return sight !== undefined && known[side].mark === markOf(sight.stat);
}

/** Read only where its mark no longer stands. */
function findVersion(
  pass: Pass,
  side: Side,
  name: string,
  pair: FilePair,
  known: Agreed | undefined,
): Found | undefined {
  const sight = pair[side];
  if (sight === undefined) return undefined;
  if (known !== undefined && isUnchanged(side, pair, known)) {
    const { hash, size } = known;
    const { stat } = sight;
    return { hash, size, mtimeNs: stat.mtimeNs, stat, mark: known[side].mark, read: undefined };
  }
  const read = readVersion(pathOn(pass, side, name), side === "home", known);
  return { ...read, read };
}

/**
 * Which side has all that the other has, and more: a copy that a full disk cut short, a log that was appended to. Asked only
 * where neither is what both had.
 */
function longerOf(
  pass: Pass,
  name: string,
  { home, tree }: FoundPair,
  known: Agreed | undefined,
): { readonly side: Side; readonly found: FoundPair } | undefined {
  if (home === undefined || tree === undefined || home.size === tree.size) return undefined;
  if (home.hash === known?.hash || tree.hash === known?.hash) return undefined;
  const side = home.size > tree.size ? "home" : "tree";
  const read = readVersion(pathOn(pass, side, name), side === "home", side === "home" ? tree : home);
  if (read.begins === undefined) return undefined;
  const found = { ...read, read };
  return { side, found: side === "home" ? { home: found, tree } : { home, tree: found } };
}

type Case = {
  readonly name: string;
  readonly pair: FilePair;
  readonly known: Agreed | undefined;
  readonly verdict: Verdict;
  readonly found: FoundPair;
};

function carryOut(pass: Pass, { name, pair, known, verdict, found }: Case): boolean {
  switch (verdict.do) {
    case "forget":
      if (known !== undefined) pass.index.forget(name);
      return true;
    case "agree":
      record(pass, name, pair, found, known);
      return false;
    case "join":
      if (found.home !== undefined && found.tree !== undefined)
        join(pass, name, { home: found.home, tree: found.tree });
      return false;
    case "remove":
      planRemoval(pass, name, verdict.from, pair, known);
      return true;
    case "carry":
    case "win":
      carry(pass, name, found, { ...verdict, known });
      return false;
  }
}

/** A link of claude home goes as the link that it is: what it leads to is the user's own, elsewhere. */
function planRemoval(pass: Pass, name: string, from: Side, pair: FilePair, known: Agreed | undefined): void {
  const sight = pair[from];
  if (sight === undefined || known === undefined) return;
  if (sight.linked) pass.removals.push({ do: "remove-link", name, from });
  else pass.removals.push({ do: "remove", name, from, stat: sight.stat, hash: known.hash });
}

function record(
  pass: Pass,
  name: string,
  pair: FilePair,
  { home, tree }: FoundPair,
  known: Agreed | undefined,
): void {
  if (home === undefined || tree === undefined) return;
  const { hash, size } = home;
  const now: Agreed = {
    type: "file",
    hash,
    size,
    home: { mark: home.mark, mode: known?.home.mode ?? home.stat.mode },
    tree: { mark: tree.mark, mode: known?.tree.mode ?? tree.stat.mode },
  };
  if (known === undefined || !sameMarks(known, now) || known.hash !== hash) agree(pass, name, now);
  carryMode(pass, name, pair, now);
}

function sameMarks(a: Agreed, b: Agreed): boolean {
  return a.home.mark === b.home.mark && a.tree.mark === b.tree.mark;
}

/** What one side alone made of the mode is the other's too; of two changes claude home's. */
function carryMode(pass: Pass, name: string, pair: FilePair, known: Agreed): void {
  const from = changedMode("home", pair, known) ? "home" : "tree";
  const to = otherSide(from);
  const source = pair[from];
  const target = pair[to];
  if (source === undefined || target === undefined || !changedMode(from, pair, known)) return;
  const path = pathOn(pass, to, name);
  if (source.stat.mode !== target.stat.mode) {
    disk.chmod(path, source.stat.mode);
    pass.done.push({ do: "mode", name, to });
  }
  // As it was read back: not every file system keeps a mode.
  const after = Number(disk.stat(path).mode) & 0o7777;
  const modes = from === "home" ? [source.stat.mode, after] : [after, source.stat.mode];
  const [home = after, tree = after] = modes;
  agree(pass, name, {
    ...known,
    home: { ...known.home, mode: home },
    tree: { ...known.tree, mode: tree },
  });
}

function changedMode(side: Side, pair: FilePair, known: Agreed): boolean {
  return pair[side] !== undefined && pair[side]?.stat.mode !== known[side].mode;
}

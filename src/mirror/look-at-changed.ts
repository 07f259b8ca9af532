import { basename, dirname, join } from "node:path";
import { disk } from "../disk/disk.ts";
import type { Side } from "../merge/three-way.ts";
import { isLeftAlone, isNameable } from "./left-alone.ts";
import { type Pass, pathOn } from "./pass.ts";
import { ABSENT, lookAt, type Sight } from "./sight.ts";
import { lookAtEntry, lookInto } from "./walk.ts";
import { enter, type Way } from "./way.ts";

/** Looks at what may have changed and at nothing else: the cost of a tick follows the number of its changes. */
export function lookAtChanged(pass: Pass, changed: ReadonlySet<string>): void {
  const looked = new Set<string>();
  const folding = { home: foldsCase(pass.places.home), tree: foldsCase(pass.places.tree) };
  for (const name of [...changed].sort()) {
    if (name === "") lookInto(pass, "", { home: true, tree: true }, { levels: 0, through: [pass.root] });
    else if (isNameable(pass, name)) lookAtName({ pass, looked, folding }, name);
  }
}

type Round = {
  readonly pass: Pass;
  readonly looked: Set<string>;
  readonly folding: { readonly home: boolean; readonly tree: boolean };
};

/**
 * From the root down to the name, or to where one side has no directory on the way there: that is looked at with all that
 * is below it. Of a directory that is known on both sides the names alone: what changes in those below it has its own events.
 */
function lookAtName(round: Round, name: string): void {
  const { pass, looked } = round;
  let way: Way = { levels: 1, through: [pass.root] };
  for (let end = name.indexOf("/"); ; end = name.indexOf("/", end + 1)) {
    const place = end === -1 ? name : name.slice(0, end);
    const sights = { home: lookExactly(round, "home", place), tree: lookExactly(round, "tree", place) };
    const known = pass.index.find(place);
    if (isLeftAlone(pass, place, sights, known)) return;
    const { home, tree } = sights;
    const onTheWay = end !== -1 && home.type === "directory" && tree.type === "directory";
    if (!onTheWay) {
      const levels = end === -1 ? 1 : Number.POSITIVE_INFINITY;
      if (!looked.has(place)) lookAtEntry(pass, place, sights, known, { ...way, levels });
      looked.add(place);
      return;
    }
    const onward = enter(pass, place, home, way);
    if (onward === undefined) return;
    way = onward;
  }
}

/** Where names are found in any case, the one that was asked for must be the one that is there. */
function lookExactly({ pass, folding }: Round, side: Side, name: string): Sight {
  const path = pathOn(pass, side, name);
  const sight = lookAt(side, path);
  if (sight.type === "absent" || !folding[side]) return sight;
  return disk.list(dirname(path)).includes(basename(path)) ? sight : ABSENT;
}

function foldsCase(directory: string): boolean {
  const name = basename(directory);
  const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
  const real = disk.statIfThere(directory);
  const folded = other === name ? undefined : disk.statIfThere(join(dirname(directory), other));
  return folded !== undefined && folded.ino === real?.ino && folded.dev === real.dev;
}

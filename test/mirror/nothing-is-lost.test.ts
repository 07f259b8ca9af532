import { expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import fc from "fast-check";
import { everything, quarantined, type TwoSides, twoSides, twoSidesIn } from "./support/two-sides.ts";

/** Hundreds of real trees are made, and each copy is synced. */
setDefaultTimeout(120_000);

/** What a user, Claude Code or another profile may do to either side, at any time. */
type Deed = {
  readonly do: "replace" | "rewrite" | "append" | "remove" | "make" | "move" | "touch" | "mode" | "link";
  readonly side: "home" | "tree";
  readonly name: string;
  readonly to: string;
  /** How long ago. 0: just now. */
  readonly age: number;
};

const names = fc.constantFrom(
  "CLAUDE.md",
  "history.jsonl",
  "projects",
  "projects/p/s.jsonl",
  "projects/p",
  "projects/p/notes/n.md",
  "state/x.json",
  "odd\nname",
  "skills/a/SKILL.md",
  "skills/b",
);
/** A new link of claude home is what it leads to in the tree, so that the two don't hold the same: none is made or moved there. */
const deed: fc.Arbitrary<Deed> = fc.record({
  do: fc.constantFrom(
    "replace",
    "replace",
    "rewrite",
    "append",
    "append",
    "remove",
    "make",
    "move",
    "touch",
    "mode",
    "link",
  ),
  side: fc.constantFrom("home" as const, "tree" as const),
  name: names,
  to: names,
  age: fc.integer({ min: 0, max: 4 }),
});
/** Between two passes; `told`: the pass hears what changed, as from a watch, instead of looking at everything. */
const rounds = fc.array(fc.record({ deeds: fc.array(deed, { maxLength: 6 }), told: fc.boolean() }), {
  minLength: 1,
  maxLength: 4,
});

let serial = 0;

/** Does it where it can be done, and says which names changed. */
function perform(sides: TwoSides, { do: act, side, name, to, age }: Deed): string[] {
  const path = sides[side](name);
  const line = `line ${serial++}\n`;
  const gone = act === "remove" || act === "move" ? namesBelow(path).map((one) => `${name}/${one}`) : [];
  try {
    switch (act) {
      case "replace":
        mkdirSync(dirname(path), { recursive: true });
        if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) break;
        writeFileSync(`${path}.tmp`, line);
        setAge(`${path}.tmp`, age);
        renameSync(`${path}.tmp`, path);
        break;
      case "rewrite":
        writeFileSync(path, line, { flag: "r+" });
        break;
      case "append":
        mkdirSync(dirname(path), { recursive: true });
        appendFileSync(path, line);
        setAge(path, age);
        break;
      case "remove":
        rmSync(path, { recursive: true });
        break;
      case "make":
        mkdirSync(path, { recursive: true });
        break;
      case "move":
        if (side === "home" && holdsLink(path)) break;
        mkdirSync(dirname(sides[side](to)), { recursive: true });
        renameSync(path, sides[side](to));
        break;
      case "touch":
        setAge(path, age);
        break;
      case "link":
        if (side === "home" || statSync(path, { throwIfNoEntry: false })?.isDirectory()) break;
        mkdirSync(dirname(path), { recursive: true });
        symlinkSync(relative(dirname(path), sides.tree(to)), `${path}.tmp`);
        renameSync(`${path}.tmp`, path);
        break;
      case "mode":
        if (statSync(path).isFile()) chmodSync(path, 0o600 + (age % 2) * 0o100);
    }
  } catch {
    // Something of another type stands there, or nothing: this deed can't be done, the next one may.
  }
  const named = [name, to, ...gone, ...ledTo(sides, side, name)];
  return [...named, ...named.map((one) => dirname(one))].filter((one) => one !== ".");
}

function holdsLink(path: string): boolean {
  if (lstatSync(path).isSymbolicLink()) return true;
  const below = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
    : [];
  return below.some((entry) => entry.isSymbolicLink());
}

function namesBelow(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}

/** What is written through a link is heard of by its own name: where the name's directory leads to, and where the name itself does. */
function ledTo(sides: TwoSides, side: Deed["side"], name: string): string[] {
  const path = sides[side](name);
  const ends = [() => join(realpathSync(dirname(path)), basename(path)), () => realpathSync(path)];
  return ends.flatMap((end) => {
    try {
      return [relative(sides[side](""), end())];
    } catch {
      return [];
    }
  });
}

function setAge(path: string, seconds: number): void {
  if (seconds === 0) return;
  const then = Date.now() / 1000 - seconds;
  utimesSync(path, then, then);
}

/**
 * Passes until there is nothing more to do; a look at everything then finds nothing that a pass was told of and missed.
 * @returns the names that can't be made to agree
 */
function comeToRest(sides: TwoSides, told: ReadonlySet<string> | undefined): readonly string[] {
  for (let passes = 0; sides.pass({ changed: told }).done.length > 0; passes++) {
    expect(passes).toBeLessThan(6);
  }
  const { done, skipped } = sides.pass();
  expect(done).toEqual([]);
  return skipped.map(({ name }) => name);
}

/** Nor the directories that an entry of these names alone may keep on its side. */
function without(found: Record<string, string>, names: readonly string[]): Record<string, string> {
  const isOf = (path: string, name: string) =>
    path === name || path.startsWith(`${name}/`) || (path.endsWith("/") && name.startsWith(path));
  const isKept = (path: string) => !names.some((name) => isOf(path, name));
  return Object.fromEntries(Object.entries(found).filter(([path]) => isKept(path)));
}

test("whatever happens to either side, both come to hold the same and no line is lost", () => {
  fc.assert(
    fc.property(rounds, (all) => {
      using sides = twoSides();
      let agreed: Record<string, string> = {};
      for (const { deeds, told } of all) {
        const names = new Set(deeds.flatMap((one) => perform(sides, one)));
        const before = [everything(sides.places.home), everything(sides.places.tree)];
        const skipped = comeToRest(sides, told ? names : undefined);
        const home = everything(sides.places.home);
        const tree = everything(sides.places.tree);
        expect(without(tree, skipped)).toEqual(without(home, skipped));
        const kept = JSON.stringify([home, tree, quarantined(sides)]);
        for (const side of before) {
          for (const [name, text] of Object.entries(side)) {
            // What both had and one side changed is that side's to drop.
            if (agreed[name] === text) continue;
            for (const line of text.split("\n")) expect(kept).toContain(line);
          }
        }
        agreed = skipped.length === 0 ? home : without(home, skipped);
      }
    }),
    { numRuns: Number(process.env["CLAUTH_MIRROR_RUNS"] ?? 60) },
  );
});

test("the trees of two profiles and their claude home come to hold the same, and no line is lost", () => {
  // A link of one tree is what it leads to in the other.
  const ofEither = fc.record({ deed: deed.filter((one) => one.do !== "link"), other: fc.boolean() });
  fc.assert(
    fc.property(fc.array(fc.array(ofEither, { maxLength: 6 }), { minLength: 1, maxLength: 3 }), (all) => {
      using first = twoSides();
      using second = twoSidesIn(first.root, "-2");
      const both = [first, second];
      const roots = [first.places.home, first.places.tree, second.places.tree];
      // What a tree had in common with home, one side of the two may change for both.
      const agreed = new Set<string>();
      for (const deeds of all) {
        for (const { deed: one, other } of deeds) perform(other ? second : first, one);
        const before = roots.map((root) => everything(root));
        const skipped = both.flatMap(() => both.flatMap((sides) => comeToRest(sides, undefined)));
        const [home = {}, ...trees] = roots.map((root) => everything(root));
        for (const tree of trees) expect(without(tree, skipped)).toEqual(without(home, skipped));
        const kept = JSON.stringify([home, trees, both.map(quarantined)]);
        for (const [name, text] of before.flatMap((one) => Object.entries(one))) {
          if (agreed.has(`${name}: ${text}`)) continue;
          for (const line of text.split("\n")) expect(kept).toContain(line);
        }
        agreed.clear();
        for (const [name, text] of Object.entries(home)) {
          if (trees.some((tree) => tree[name] === text)) agreed.add(`${name}: ${text}`);
        }
      }
    }),
    { numRuns: Number(process.env["CLAUTH_MIRROR_RUNS"] ?? 30) },
  );
});

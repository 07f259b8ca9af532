import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { everyContent, kind, put, type TwoRoots, twoRoots } from "./support/two-roots.ts";

/** Hundreds of real directories are made, and files are synced before their other copy goes. */
setDefaultTimeout(60_000);

/** What a user, Claude Code or another tool may put anywhere in either root, at any time. */
type Deed =
  | { readonly do: "write"; readonly side: "home" | "tree"; readonly name: string; readonly seconds: number }
  | { readonly do: "mkdir"; readonly side: "home" | "tree"; readonly name: string }
  | { readonly do: "link"; readonly side: "home" | "tree"; readonly name: string; readonly to: string }
  | { readonly do: "remove-link"; readonly name: string };

const names = fc.constantFrom(
  "CLAUDE.md",
  "history.jsonl",
  "debug",
  "debug/a.txt",
  "debug/deep/b.jsonl",
  "projects/p/s.jsonl",
  "projects/p",
  "todos",
  "state/x.json",
  "state/hybrid-settings.json",
  "state",
  "settings.json",
  "backups/x",
  "odd\nname",
  "new.json",
);
const side = fc.constantFrom("home" as const, "tree" as const);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      side,
      name: names,
      seconds: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("mkdir" as const), side, name: names }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("link" as const),
      side,
      name: names,
      to: fc.constantFrom("outside-file", "outside-dir", "nowhere", "home"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove-link" as const), name: names }) },
);
const rounds = fc.array(fc.record({ deeds: fc.array(deed, { maxLength: 8 }), idle: fc.boolean() }), {
  minLength: 1,
  maxLength: 3,
});

let serial = 0;

/** Does it where it can be done as Claude Code would: a file replaces a file or a link by rename, never a directory. */
function perform(roots: TwoRoots, act: Deed, written: Set<string>): void {
  const path =
    act.do === "remove-link" || act.side === "tree" ? roots.treePath(act.name) : roots.homePath(act.name);
  try {
    if (act.do === "remove-link") {
      if (kind(path).startsWith("->")) unlinkSync(path);
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    if (act.do === "mkdir") mkdirSync(path);
    if (act.do === "link") symlinkSync(linkTarget(roots, act), path);
    if (act.do === "write") write(path, act.seconds, written);
  } catch {
    // Something of another type stands there: this deed can't be done, the next one may.
  }
}

function linkTarget(roots: TwoRoots, { to, name }: { readonly to: string; readonly name: string }): string {
  return to === "home" ? roots.homePath(name) : join(roots.base, to);
}

/** Overwriting is the writer's own loss; only bytes that still stand somewhere when we run are ours to keep. */
function write(path: string, seconds: number, written: Set<string>): void {
  const line = `line ${serial++}\n`;
  put(`${path}.new`, line);
  utimesSync(`${path}.new`, seconds, seconds);
  try {
    renameSync(`${path}.new`, path);
    written.add(line);
  } catch (error) {
    rmSync(`${path}.new`);
    throw error;
  }
}

function standing(roots: TwoRoots): string {
  return [roots.home.root, roots.paths.runtime, roots.paths.backups, join(roots.base, "outside-dir")]
    .flatMap(everyContent)
    .concat(everyContent(roots.base))
    .join("");
}

function withRoots(body: (roots: TwoRoots) => void): void {
  const roots = twoRoots();
  try {
    put(join(roots.base, "outside-file"), "outside file\n");
    put(join(roots.base, "outside-dir/kept"), "outside directory\n");
    body(roots);
  } finally {
    roots.remove();
  }
}

function expectNothingLost(roots: TwoRoots, written: ReadonlySet<string>): void {
  const all = standing(roots);
  for (const line of written) expect(all).toContain(line);
  expect(all).toContain("outside file\n");
  expect(all).toContain("outside directory\n");
}

test("whatever stands in either root, every byte is in claude home, the tree or quarantine afterwards", () => {
  fc.assert(
    fc.property(rounds, (rounds) => {
      withRoots((roots) => {
        for (const { deeds, idle } of rounds) {
          const written = new Set<string>();
          for (const act of deeds) perform(roots, act, written);
          const present = new Set([...written].filter((line) => standing(roots).includes(line)));
          roots.pass({ idle });
          expectNothingLost(roots, present);
        }
      });
    }),
    { numRuns: 60 },
  );
});

test("after an idle pass there is nothing left to do but what was skipped by name", () => {
  fc.assert(
    fc.property(rounds, (rounds) => {
      withRoots((roots) => {
        for (const { deeds } of rounds) for (const act of deeds) perform(roots, act, new Set());
        const { skipped } = roots.pass();
        const left = roots
          .plan()
          .steps.filter(
            (step) =>
              !skipped.some((entry) => entry.name === step.name || entry.name.startsWith(`${step.name}/`)),
          );
        expect(left).toEqual([]);
      });
    }),
    { numRuns: 60 },
  );
});

test("killed at any point, the next pass ends where an undisturbed one does, and nothing is lost on the way", () => {
  fc.assert(
    fc.property(fc.array(deed, { minLength: 4, maxLength: 12 }), fc.nat(20), (deeds, killAt) => {
      withRoots((roots) => {
        const written = new Set<string>();
        roots.pass();
        for (const act of deeds) perform(roots, act, written);
        const present = new Set([...written].filter((line) => standing(roots).includes(line)));
        passKilledAt(roots, killAt);
        expectNothingLost(roots, present);
        const { skipped } = roots.pass();
        expectNothingLost(roots, present);
        const left = roots
          .plan()
          .steps.filter(
            (step) =>
              !skipped.some((entry) => entry.name === step.name || entry.name.startsWith(`${step.name}/`)),
          );
        expect(left).toEqual([]);
      });
    }),
    { numRuns: 20 },
  );
});

function passKilledAt(roots: TwoRoots, count: number): void {
  Bun.spawnSync([process.execPath, join(import.meta.dir, "support/killed-pass.ts"), roots.base, `${count}`]);
}

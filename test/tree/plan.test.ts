import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { entryKind } from "../../src/tree/entries.ts";
import type { Entry, FileFacts, RootFacts, TreeFacts } from "../../src/tree/inspect.ts";
import type { ModeChoice } from "../../src/tree/link-mode.ts";
import type { Manifest } from "../../src/tree/manifest.ts";
import { planTree, type TreePlan } from "../../src/tree/plan.ts";

const HOME = "/home/u/.claude";
const TREE = "/home/u/.clauth/profiles/work/runtime";

const SYMLINKS: ModeChoice = { mode: "symlink", forced: false };

const names = fc.constantFrom(
  "CLAUDE.md",
  "projects",
  "history.jsonl",
  "ide",
  "debug",
  "state",
  "state/hybrid-settings.json",
  "state/x.json",
  "settings.json",
  ".credentials.json",
  ".claude.json",
  "daemon.lock",
  "backups",
  "a.lock",
  ".x.clauth-1-abc.tmp",
  "__proto__",
  "new\nline",
);

const fileFacts: fc.Arbitrary<FileFacts> = fc.record({
  dev: fc.constantFrom(1n, 2n),
  ino: fc.bigInt(1n, 6n),
  size: fc.bigInt(0n, 2n),
  mtimeNs: fc.bigInt(0n, 2n),
});

const linkText = fc.oneof(
  names.map((name) => `${HOME}/${name}`),
  names.map((name) => `../../../../.claude/${name}`),
  fc.constantFrom("/elsewhere", "", HOME, "/old/.claude/projects", "/home/u/.claude2/x"),
);

const plainEntry: fc.Arbitrary<Entry> = fc.oneof(
  fileFacts.map((stat) => ({ type: "file", stat }) as const),
  fc.constant({ type: "directory" } as const),
  fc.constant({ type: "other" } as const),
  fc.constant({ type: "unreadable", why: "EACCES" } as const),
);

const treeEntry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 2, arbitrary: linkText.map((text) => ({ type: "link", text, leads: "unasked" }) as const) },
  { weight: 2, arbitrary: plainEntry },
);

const homeEntry: fc.Arbitrary<Entry> = fc.oneof(
  plainEntry,
  fileFacts.map((file) => ({ type: "link", text: "x", leads: "file", file }) as const),
  fc
    .constantFrom("directory", "nowhere", "elsewhere")
    .map((leads) => ({ type: "link", text: "x", leads }) as const),
);

function root(
  path: string,
  entry: fc.Arbitrary<Entry>,
  states: RootFacts["state"][],
): fc.Arbitrary<RootFacts> {
  return fc
    .record({
      state: fc.constantFrom(...states),
      entries: fc.array(fc.tuple(names, entry)),
      ino: fc.bigInt(1n, 2n),
    })
    .map(({ state, entries, ino }) => ({
      path,
      realPath: path,
      state,
      identity: state === "present" ? { dev: 1n, ino: path === HOME ? ino : ino + 10n } : undefined,
      entries: new Map(state === "present" ? entries : []),
    }));
}

const facts: fc.Arbitrary<TreeFacts> = fc.record({
  home: root(HOME, homeEntry, ["present", "missing", "unreadable"]),
  tree: root(TREE, treeEntry, ["present", "missing"]),
});

const manifest: fc.Arbitrary<Manifest | undefined> = fc.option(
  fc.array(fc.tuple(names, fileFacts)).map((entries) => ({
    ...SYMLINKS,
    home: { dev: 1n, ino: 1n, path: "/old/.claude" },
    tree: { dev: 1n, ino: 11n },
    entries: new Map(entries),
    leakFree: new Map(),
  })),
  { nil: undefined },
);

const isolation = fc.oneof(fc.constant("all" as const), fc.subarray(["projects", "state", "CLAUDE.md"]));

function everyStep(plan: TreePlan) {
  return [...plan.steps, ...plan.deferred];
}

describe("planTree", () => {
  test("has an answer for whatever stands in either root", () => {
    fc.assert(
      fc.property(facts, manifest, isolation, fc.boolean(), (facts, manifest, isolate, idle) => {
        planTree(facts, manifest, { isolate, idle, choice: SYMLINKS });
      }),
      { numRuns: 1000 },
    );
  });

  test("decides the same whether idle or not; what waits is deferred, and only that", () => {
    fc.assert(
      fc.property(facts, manifest, isolation, (facts, manifest, isolate) => {
        const idle = planTree(facts, manifest, { isolate, idle: true, choice: SYMLINKS });
        const busy = planTree(facts, manifest, { isolate, idle: false, choice: SYMLINKS });
        expect(new Set(everyStep(busy))).toEqual(new Set(everyStep(idle)));
        expect(idle.deferred).toEqual([]);
        expect(busy.steps.every((step) => step.waits === undefined)).toBe(true);
        expect(busy.deferred.every((step) => step.waits === "idle")).toBe(true);
      }),
    );
  });

  test("moves no directory and removes no link without waiting", () => {
    fc.assert(
      fc.property(facts, manifest, isolation, (facts, manifest, isolate) => {
        for (const step of planTree(facts, manifest, { isolate, idle: false, choice: SYMLINKS }).steps) {
          expect(["move-directory", "merge-directory", "unlink", "relink", "sweep"]).not.toContain(step.do);
        }
      }),
    );
  });

  test("never touches a reconciled document, and of private entries removes our links alone", () => {
    fc.assert(
      fc.property(facts, manifest, isolation, (facts, manifest, isolate) => {
        for (const step of everyStep(planTree(facts, manifest, { isolate, idle: true, choice: SYMLINKS }))) {
          if (step.do === "make-root") continue;
          const kind = entryKind(step.name, isolate);
          expect(kind).not.toBe("reconciled");
          if (kind === "private") expect(step.do).toBe("unlink");
          if (kind === "transient") expect(step.do).toBe("sweep");
        }
      }),
    );
  });

  test("does nothing to claude home or the links to it where it can't be read (trap 8)", () => {
    fc.assert(
      fc.property(facts, manifest, (found, manifest) => {
        const home: RootFacts = {
          ...found.home,
          state: "unreadable",
          identity: undefined,
          entries: new Map(),
        };
        const plan = planTree({ ...found, home }, manifest, { isolate: [], idle: true, choice: SYMLINKS });
        expect(plan.steps.every((step) => step.do === "make-root" && step.root === "tree")).toBe(true);
        expect(plan.skipped).toHaveLength(1);
      }),
    );
  });

  test("refuses a tree that can't be listed", () => {
    const unreadable: RootFacts = {
      path: TREE,
      realPath: TREE,
      state: "unreadable",
      identity: undefined,
      entries: new Map(),
    };
    const home: RootFacts = { ...unreadable, path: HOME, state: "missing" };
    expect(() =>
      planTree({ home, tree: unreadable }, undefined, { isolate: [], idle: true, choice: SYMLINKS }),
    ).toThrow(expect.objectContaining({ kind: "tree_unreadable" }));
  });
});

import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { FileContent } from "../../src/disk/read-file.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import {
  type DocumentKind,
  type DocumentQuestion,
  type DocumentSide,
  decideDocument,
  judgeSide,
} from "../../src/reconcile/document.ts";
import { advanceBase, carryOut, lookAt } from "../../src/reconcile/document-pass.ts";
import { documentKinds } from "../../src/reconcile/kinds.ts";
import { anyDocument } from "../merge/documents.ts";
import { createProfileHome, put } from "./support/profile-home.ts";

const OVERLAY = { env: { a: "overlay" }, apiKeyHelper: "clauth __api-key work" };

const box = createProfileHome();
afterAll(() => box[Symbol.dispose]());
const KINDS = documentKinds(box.places, { overlay: OVERLAY, applied: [OVERLAY], keep: [] });

/** As Claude Code accepts them: an `env` that is no object makes it refuse the whole file. */
const anyValid = anyDocument.map(({ env, ...rest }) => (isObject(env) ? { ...rest, env } : rest));
const anyBase = fc.option(anyValid, { nil: "void" as const });

/** What a file may hold; undefined: there is none. */
const anyText = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom("", "{", "null", "[]", "\0\0\0\0"),
  anyValid.map((document) => JSON.stringify(document)),
);
const anyKind = fc.constantFrom(0, 1).map((index) => kindAt(index));
const anyChoice = fc.constantFrom("carry" as const, "hold" as const, "restore" as const);

describe("decideDocument", () => {
  test("has an answer for every combination of sides and base, and never writes over damage of home", () => {
    const everything = fc.record({
      kind: anyKind,
      base: anyBase,
      home: anyText,
      tree: anyText,
      account: fc.option(anyDocument, { nil: undefined }),
      rebuild: fc.boolean(),
      choice: anyChoice,
      times: fc.tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 3n)),
    });
    fc.assert(
      fc.property(everything, ({ kind, base, home, tree, account, rebuild, choice, times }) => {
        const sides = { home: sideOf(home, times[0]), tree: sideOf(tree, times[1]) };
        const decision = decideDocument(kind, { base, account, rebuild, ...sides, deletion: () => choice });
        if (sides.home.kind === "damaged") expect(decision.home).toBeUndefined();
        if (sides.tree.kind === "missing") expect(decision.tree).toBeDefined();
        if (sides.tree.kind === "damaged") expect(decision.tree === undefined).toBe(!rebuild);
        expect(decision.damagedTree !== undefined).toBe(sides.tree.kind === "damaged" && rebuild);
      }),
    );
  });

  test("deletes nothing where the base is void or a side is missing or damaged", () => {
    const anySides = fc.record({ kind: anyKind, base: anyBase, home: anyText, tree: anyText });
    fc.assert(
      fc.property(anySides, ({ kind, base, home, tree }) => {
        const sides = { home: sideOf(home, 1n), tree: sideOf(tree, 2n) };
        fc.pre(base === "void" || sides.home.kind !== "ok" || sides.tree.kind !== "ok");
        const decision = decideDocument(kind, { ...QUESTION, base, ...sides });
        for (const { missingOn } of decision.deleted) {
          // What a damaged home holds is not known: nothing is written there, so nothing goes there.
          expect([sides.home.kind, missingOn]).toEqual(["damaged", "tree"]);
        }
      }),
    );
  });

  test("the overlay never comes home, whatever the sides are", () => {
    const anySides = fc.record({ base: anyBase, home: anyText, tree: anyText });
    fc.assert(
      fc.property(anySides, ({ base, home, tree }) => {
        const settings = kindAt(1);
        const sides = { home: sideOf(home, 1n), tree: sideOf(tree, 2n) };
        const decision = decideDocument(settings, { ...QUESTION, base, ...sides });
        expect(JSON.stringify(decision.home ?? {})).not.toContain("overlay");
        expect(JSON.stringify(decision.home ?? {})).not.toContain("__api-key");
      }),
    );
  });

  test("a damaged copy that a live claude may be mending is left alone", () => {
    const kind = kindAt(0);
    const sides = { home: sideOf('{"a":1}', 1n), tree: sideOf("{", 2n) };
    const decision = decideDocument(kind, { ...QUESTION, ...sides, rebuild: false });
    expect(decision).toMatchObject({
      home: undefined,
      tree: undefined,
      damagedTree: undefined,
      settled: false,
    });
  });

  test("both sides changed one key: the later file wins that key alone", () => {
    const kind = kindAt(0);
    const base = { theme: "dark", a: 1 };
    for (const [times, kept, other] of [
      [[1n, 2n], "tree", "home"],
      [[2n, 1n], "home", "tree"],
      [[1n, 1n], "home", "tree"],
    ] as const) {
      const home = sideOf('{"theme":"home","a":2}', times[0]);
      const tree = sideOf('{"theme":"tree","a":1}', times[1]);
      const decision = decideDocument(kind, { ...QUESTION, base, home, tree });
      const merged = { theme: kept, a: 2 };
      expect({ ...{ theme: "home", a: 2 }, ...decision.home }).toEqual(merged);
      expect({ ...{ theme: "tree", a: 1 }, ...decision.tree }).toEqual(merged);
      expect(decision.lost).toEqual([{ key: ["theme"], side: other, kept, lost: other }]);
    }
  });
});

describe("carried out in a directory", () => {
  test("a second look finds nothing to do, and nothing damaged of home was touched", () => {
    const anyState = fc.record({ kind: anyKind, base: anyBase, home: anyText, tree: anyText });
    fc.assert(
      fc.property(anyState, ({ kind, base, home, tree }) => {
        place(kind, { base, home, tree });
        const first = lookAt(box.places, kind, OPTIONS);
        carryOut(box.places, kind, first, "both");
        advanceBase(box.places, kind, lookAt(box.places, kind, OPTIONS));
        const second = lookAt(box.places, kind, OPTIONS);
        expect(second.decision).toMatchObject({ home: undefined, tree: undefined, damagedTree: undefined });
        if (first.home.kind === "damaged") expect(readFileSync(kind.home, "utf8")).toBe(home ?? "");
        else expect(second.decision.settled).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("a write that is cut short after the tree is finished by what follows, which comes to rest", () => {
    const anyState = fc.record({ kind: anyKind, base: anyBase, home: anyText, tree: anyText });
    fc.assert(
      fc.property(anyState, ({ kind, ...state }) => {
        place(kind, state);
        carryOut(box.places, kind, lookAt(box.places, kind, OPTIONS), "tree");
        // A home that was missing voids the base, and the first write makes it one to be compared; an `env` that is
        // no object takes one pass more.
        for (let pass = 1; pass <= 3; pass++) {
          carryOut(box.places, kind, lookAt(box.places, kind, OPTIONS), "both");
        }
        const { decision } = lookAt(box.places, kind, OPTIONS);
        expect(decision).toMatchObject({ home: undefined, tree: undefined });
      }),
      { numRuns: 60 },
    );
  });
});

const OPTIONS: Pick<DocumentQuestion, "rebuild" | "deletion"> = { rebuild: true, deletion: () => "carry" };

const QUESTION: DocumentQuestion = {
  base: "void",
  home: { kind: "missing" },
  tree: { kind: "missing" },
  account: undefined,
  ...OPTIONS,
};

/** 0: .claude.json, 1: settings.json. */
function kindAt(index: number): DocumentKind {
  const kind = KINDS[index];
  if (kind === undefined) throw new Error(`no document ${index}`);
  return kind;
}

function sideOf(text: string | undefined, mtimeNs: bigint): DocumentSide {
  if (text === undefined) return { kind: "missing" };
  const bytes = new TextEncoder().encode(text);
  const stat = { dev: 1n, ino: 1n, size: BigInt(bytes.length), mtimeNs, ctimeNs: 0n, mode: 0o600, uid: 0 };
  const content: FileContent = { bytes, stat };
  return judgeSide(content);
}

type State = {
  readonly base: JsonObject | "void";
  readonly home: string | undefined;
  readonly tree: string | undefined;
};

function place(kind: DocumentKind, { base, home, tree }: State): void {
  for (const [path, text] of [
    [kind.home, home],
    [kind.tree, tree],
    [join(box.places.paths.base, kind.name), base === "void" ? undefined : JSON.stringify(base)],
  ] as const) {
    if (text === undefined) rmSync(path, { force: true });
    else put(path, text);
  }
}

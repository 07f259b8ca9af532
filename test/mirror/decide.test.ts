import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decideFile, decideLink, isTooMuch, type LinkSide, type Verdict } from "../../src/mirror/decide.ts";
import { keepBothTails } from "../../src/tree/jsonl-tails.ts";

/** One name on both sides: what each holds, undefined for nothing. */
type Both = {
  readonly name: string;
  readonly base: string | undefined;
  readonly home: string | undefined;
  readonly tree: string | undefined;
  readonly laterTree: boolean;
};

/** Few contents, of which some begin with others, so that every relation comes up. */
const content = fc.constantFrom(undefined, "", "a\n", "a\nb\n", "a\nc\n", "b\n", "a");
const both: fc.Arbitrary<Both> = fc.record({
  name: fc.constantFrom("CLAUDE.md", "history.jsonl"),
  base: content,
  home: content,
  tree: content,
  laterTree: fc.boolean(),
});

function verdictOf({ name, base, home, tree, laterTree }: Both): Verdict {
  const version = (text: string | undefined, mtimeNs: bigint) =>
    text === undefined ? undefined : { hash: text, size: text.length, mtimeNs };
  const longer =
    home === undefined || tree === undefined || home === tree
      ? undefined
      : home.startsWith(tree)
        ? "home"
        : tree.startsWith(home)
          ? "tree"
          : undefined;
  return decideFile({
    name,
    base,
    home: version(home, 5n),
    tree: version(tree, laterTree ? 6n : 5n),
    longer,
  });
}

type After = {
  readonly home: string | undefined;
  readonly tree: string | undefined;
  readonly aside: readonly string[];
};

/** What carrying a verdict out makes of both sides, and of quarantine. */
function carriedOut({ home, tree }: Both, verdict: Verdict): After {
  switch (verdict.do) {
    case "forget":
    case "agree":
      return { home, tree, aside: [] };
    case "remove":
      return { home: undefined, tree: undefined, aside: [home ?? tree ?? ""] };
    case "join": {
      const bytes = (text: string | undefined) => new TextEncoder().encode(text);
      const joined = new TextDecoder().decode(keepBothTails(bytes(home), bytes(tree)));
      return { home: joined, tree: joined, aside: [] };
    }
    case "carry":
    case "win": {
      const won = verdict.from === "home" ? home : tree;
      const lost = verdict.from === "home" ? tree : home;
      return { home: won, tree: won, aside: verdict.do === "win" ? [lost ?? ""] : [] };
    }
  }
}

describe("the decision about one file", () => {
  test("makes both sides the same, and then has nothing more to do", () => {
    fc.assert(
      fc.property(both, (before) => {
        const { home, tree } = carriedOut(before, verdictOf(before));
        expect(home).toBe(tree);
        const again = verdictOf({ ...before, base: home, home, tree });
        expect(again.do).toBe(home === undefined ? "forget" : "agree");
      }),
      { numRuns: 2000 },
    );
  });

  test("loses no version but the one that both sides had", () => {
    fc.assert(
      fc.property(both, (before) => {
        const after = carriedOut(before, verdictOf(before));
        const kept = [after.home, ...after.aside].join("\n--\n");
        for (const version of [before.home, before.tree]) {
          if (version === undefined || version === before.base) continue;
          for (const line of version.split("\n")) expect(kept).toContain(line);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("removes nothing that is not known to have been on both sides", () => {
    fc.assert(
      fc.property(both, (before) => {
        const { home, tree } = carriedOut(
          { ...before, base: undefined },
          verdictOf({ ...before, base: undefined }),
        );
        expect(home === undefined || tree === undefined).toBe(
          before.home === undefined && before.tree === undefined,
        );
      }),
    );
  });

  test.each<[string, string | undefined, string | undefined, string | undefined, boolean, Verdict]>([
    ["one side changed", "a", "b", "a", false, { do: "carry", from: "home" }],
    ["the other did", "a", "a", "b", false, { do: "carry", from: "tree" }],
    ["both made the same change", "a", "b", "b", false, { do: "agree" }],
    ["both changed, at one time", "a", "b", "c", false, { do: "win", from: "home" }],
    ["both changed, the tree later", "a", "b", "c", true, { do: "win", from: "tree" }],
    ["one side removed it", "a", undefined, "a", false, { do: "remove", from: "tree" }],
    ["one side removed what the other changed", "a", undefined, "b", false, { do: "carry", from: "tree" }],
    ["nothing is known, one side has it", undefined, "b", undefined, false, { do: "carry", from: "home" }],
    ["nothing is known, one side is empty", undefined, "b", "", true, { do: "carry", from: "home" }],
    ["both removed it", "a", undefined, undefined, false, { do: "forget" }],
  ])("%s", (_, base, home, tree, laterTree, verdict) => {
    expect(verdictOf({ name: "CLAUDE.md", base, home, tree, laterTree })).toEqual(verdict);
  });
});

describe("what becomes of one link", () => {
  const side: fc.Arbitrary<LinkSide> = fc.constantFrom<LinkSide[]>(
    "absent",
    "other",
    { link: "x" },
    { link: "y" },
  );
  const base = fc.constantFrom(undefined, "x", "y");

  test("comes to rest, with the same on both sides, wherever it is a matter of links", () => {
    fc.assert(
      fc.property(side, side, base, (home, tree, known) => {
        const question = { base: known, home, tree, later: () => "tree" as const };
        const verdict = decideLink(question);
        switch (verdict?.do) {
          case "agree":
            return expect([home, tree]).toEqual([{ link: verdict.text }, { link: verdict.text }]);
          case "carry":
          case "win": {
            const both = { home: { link: verdict.text }, tree: { link: verdict.text } };
            expect(verdict.from === "home" ? home : tree).toEqual(both.home);
            return expect(decideLink({ ...question, ...both })).toEqual({ do: "agree", text: verdict.text });
          }
          case "remove":
          case "replace": {
            const [from, other] = verdict.from === "home" ? [home, tree] : [tree, home];
            return expect([from, other]).toEqual([
              { link: known ?? "" },
              verdict.do === "remove" ? "absent" : "other",
            ]);
          }
          case undefined:
            return expect(typeof tree === "object" && home !== "other").toBe(false);
        }
      }),
    );
  });

  test("a link that claude home alone has is what it leads to", () => {
    const home = { link: "x" };
    for (const tree of ["absent", "other"] as const)
      expect(decideLink({ base: undefined, home, tree, later: () => "home" })).toBeUndefined();
  });
});

test.each([
  [20, 20, false],
  [21, 21, true],
  [21, 209, true],
  [21, 210, false],
  [0, 0, false],
])("removing %d of %d files is too much: %p", (removed, known, tooMuch) => {
  expect(isTooMuch(removed, known)).toBe(tooMuch);
});

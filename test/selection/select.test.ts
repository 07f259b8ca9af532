import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Choice, choiceFrom } from "../../src/config/choice.ts";
import {
  type Picked,
  type SelectionInput,
  type SourceKind,
  selectProfile,
  sourceSentence,
} from "../../src/selection/select.ts";

function choice(text: string): Choice {
  return choiceFrom(text) ?? expect.unreachable();
}

function picked(name: string, kind: SourceKind): Picked {
  return { choice: choice(name), source: { kind, path: `/from/${kind}`, line: 3, detail: "detail" } };
}

const NOTHING: SelectionInput = {
  bypass: false,
  flag: undefined,
  env: undefined,
  ownConfigDir: undefined,
  rcFile: () => undefined,
  rule: () => undefined,
  inherited: () => undefined,
  default: undefined,
};

/** Each level alone, strongest first. */
const LEVELS: [SourceKind, Partial<SelectionInput>][] = [
  ["bypass", { bypass: true }],
  ["flag", { flag: choice("from-flag") }],
  ["env", { env: choice("from-env") }],
  ["config-dir", { ownConfigDir: "/own" }],
  ["rc", { rcFile: () => picked("from-rc", "rc") }],
  ["rule", { rule: () => picked("from-rule", "rule") }],
  ["inherited", { inherited: () => picked("from-inherited", "inherited") }],
  ["default", { default: picked("from-default", "default") }],
];

test("lets the first level that applies pick, whatever else applies (DESIGN section 4)", () => {
  fc.assert(
    fc.property(fc.subarray(LEVELS), (present) => {
      const input = Object.assign({}, NOTHING, ...present.map(([, facts]) => facts));
      const { selection, considered } = selectProfile(input);
      expect(selection.source.kind).toBe(present[0]?.[0] ?? "none");
      expect(
        considered()
          .filter((level) => level.picked)
          .map((level) => level.kind),
      ).toEqual(present.slice(0, 1).map(([kind]) => kind));
    }),
  );
});

test("asks no level below the one that picks", () => {
  const asked = () => expect.unreachable();
  selectProfile({ ...NOTHING, env: choice("work"), rcFile: asked, rule: asked, inherited: asked });
  selectProfile({ ...NOTHING, rcFile: () => picked("work", "rc"), rule: asked, inherited: asked });
});

test("marks as explicit what this call itself asked for", () => {
  const explicit = LEVELS.map(([kind, facts]) => {
    const { selection } = selectProfile({ ...NOTHING, ...facts });
    return selection.kind === "profile" && selection.explicit ? kind : undefined;
  });
  expect(explicit.filter((kind) => kind !== undefined)).toEqual(["flag", "env"]);
});

test("means the untouched claude by system, at every level", () => {
  const system = choice("system");
  for (const facts of [
    { flag: system },
    { env: system },
    { rcFile: () => picked("system", "rc") },
    { default: picked("system", "default") },
  ]) {
    expect(selectProfile({ ...NOTHING, ...facts }).selection.kind).toBe("system");
  }
});

test("says why in a sentence with file and line", () => {
  const sentences = LEVELS.map(([, facts]) =>
    sourceSentence(selectProfile({ ...NOTHING, ...facts }).selection.source),
  );
  expect(sentences).toEqual([
    "CLAUTH_BYPASS=1 is set",
    "named on the command line",
    "CLAUTH_PROFILE is set",
    "CLAUDE_CONFIG_DIR is set to /own, which is not a tree of clauth",
    "/from/rc:3 names it",
    "the rule at /from/rule:3 matches: detail",
    "inherited from the claude that started this one",
    "default in /from/default:3",
  ]);
  expect(sourceSentence(selectProfile(NOTHING).selection.source)).toBe("nothing picks a profile");
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { equalJson, isObject, type JsonObject, objectFrom } from "../../src/json.ts";
import { mapStrings } from "../../src/merge/leaves.ts";
import { agreedSettings, mergeSettings, type SettingsInput } from "../../src/merge/settings.ts";
import { anyBase, anyDocument, anySide } from "./documents.ts";

const OVERLAY: JsonObject = {
  model: "opus",
  apiKeyHelper: "'/bin/clauth' __api-key work",
  env: { ANTHROPIC_BASE_URL: "https://proxy.example", TEAM: "blue" },
};

describe("mergeSettings", () => {
  test("a new tree gets what home shares and the overlay on top", () => {
    const merged = merge({
      base: "void",
      home: { theme: "dark", env: { A: "1" } },
      tree: {},
      overlay: OVERLAY,
    });
    expect(merged.tree).toEqual({
      theme: "dark",
      ...OVERLAY,
      env: { A: "1", ANTHROPIC_BASE_URL: "https://proxy.example", TEAM: "blue" },
    });
    expect(merged.home).toEqual({ theme: "dark", env: { A: "1" } });
  });

  test("an edit made inside a session reaches the user's settings (trap 28)", () => {
    const merged = merge({
      base: { theme: "dark", permissions: { allow: [] } },
      home: { theme: "dark", permissions: { allow: [] } },
      tree: { ...OVERLAY, theme: "light", permissions: { allow: ["Bash(ls)"] } },
      overlay: OVERLAY,
      applied: [OVERLAY],
    });
    expect(merged.home).toEqual({ theme: "light", permissions: { allow: ["Bash(ls)"] } });
  });

  test("the overlay never travels home, also where home has no env", () => {
    const merged = merge({ base: {}, home: {}, tree: OVERLAY, overlay: OVERLAY, applied: [OVERLAY] });
    expect(merged.home).toEqual({});
    expect(merged.tree).toEqual(OVERLAY);
  });

  test("an overlay whose record was lost in a crash never travels home either", () => {
    const older = { env: { TEAM: "red" } };
    const merged = merge({ base: {}, home: {}, tree: OVERLAY, overlay: OVERLAY, applied: [older] });
    expect(merged.home).toEqual({});
    const rotated = merge({
      base: {},
      home: {},
      tree: older,
      overlay: { env: { TEAM: "green" } },
      applied: [{}, older, OVERLAY],
    });
    expect(rotated.home).toEqual({});
    expect(rotated.lost).toEqual([]);
  });

  test("a key that config.toml no longer has leaves the tree and is no edit of the user's", () => {
    const merged = merge({
      base: { model: "sonnet" },
      home: { model: "sonnet" },
      tree: OVERLAY,
      overlay: {},
      applied: [OVERLAY],
    });
    expect(merged.home).toEqual({ model: "sonnet" });
    expect(merged.tree).toEqual({ model: "sonnet" });
    expect([merged.lost, merged.deleted]).toEqual([[], []]);
  });

  test("a key that the user removed at home under an overlay is deleted once, and not back when the overlay goes", () => {
    const first = merge({
      base: { model: "sonnet", a: 1 },
      home: { a: 1 },
      tree: { a: 1, ...OVERLAY },
      overlay: OVERLAY,
      applied: [OVERLAY],
    });
    const base = agreedSettings({
      base: { model: "sonnet", a: 1 },
      home: first.home,
      tree: first.tree,
      overlay: OVERLAY,
      keep: [],
    });
    expect(base).toEqual({ a: 1 });
    const second = merge({ base, home: first.home, tree: first.tree, overlay: {}, applied: [OVERLAY] });
    expect([second.home, second.tree, second.deleted]).toEqual([{ a: 1 }, { a: 1 }, []]);
  });

  test("a rotated key takes the new value and is no edit of the user's", () => {
    const merged = merge({
      base: {},
      home: {},
      tree: { model: "opus" },
      overlay: { model: "haiku" },
      applied: [{ model: "opus" }],
    });
    expect([merged.home, merged.tree]).toEqual([{}, { model: "haiku" }]);
    expect(merged.lost).toEqual([]);
  });

  test("an overlay key that the user changed stays in the tree until the overlay changes, then it is named", () => {
    const changed = { base: {}, home: {}, tree: { model: "sonnet" }, applied: [{ model: "opus" }] };
    const kept = merge({ ...changed, overlay: { model: "opus" } });
    expect([kept.home, kept.tree, kept.lost]).toEqual([{}, { model: "sonnet" }, []]);
    const overruled = merge({ ...changed, overlay: { model: "haiku" } });
    expect([overruled.home, overruled.tree]).toEqual([{}, { model: "haiku" }]);
    expect(overruled.lost).toEqual([{ key: ["model"], side: "tree", kept: "haiku", lost: "sonnet" }]);
  });

  test("an overlay key that the user removed stays away, but is there again in a tree begun anew", () => {
    const removed = { home: {}, tree: {}, overlay: { model: "opus" }, applied: [{ model: "opus" }] };
    expect(merge({ ...removed, base: {} }).tree).toEqual({});
    expect(merge({ ...removed, base: "void" }).tree).toEqual({ model: "opus" });
  });

  test("an identity key of the overlay is put right whoever changed it", () => {
    const tree = {
      apiKeyHelper: "echo mine",
      env: { ANTHROPIC_BASE_URL: "https://elsewhere.example", TEAM: "blue" },
    };
    const merged = merge({ base: {}, home: {}, tree, overlay: OVERLAY, applied: [OVERLAY] });
    expect(merged.tree).toMatchObject({
      apiKeyHelper: OVERLAY["apiKeyHelper"],
      env: { ANTHROPIC_BASE_URL: "https://proxy.example" },
    });
    expect(merged.lost.map(({ lost }) => lost)).toEqual(["echo mine", "https://elsewhere.example"]);
    expect(merged.home).toEqual({});
  });

  test.each([
    "apiKeyHelper",
    "proxyAuthHelper",
    "awsCredentialExport",
    "awsAuthRefresh",
    "gcpAuthRefresh",
    "otelHeadersHelper",
    "forceLoginMethod",
    "forceLoginOrgUUID",
  ])("%s never travels either way: home keeps its own, the tree has none", (key) => {
    const toTree = merge({ base: "void", home: { a: 1, [key]: "h" }, tree: {} });
    expect([toTree.home, toTree.tree]).toEqual([{ a: 1, [key]: "h" }, { a: 1 }]);
    const toHome = merge({ base: {}, home: {}, tree: { [key]: "t" } });
    expect([toHome.home, toHome.tree]).toEqual([{}, {}]);
    expect(toHome.lost).toEqual([{ key: [key], side: "tree", kept: undefined, lost: "t" }]);
  });

  test.each([
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_CUSTOM_HEADERS",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CONFIG_DIR",
    "CLAUDE_SECURESTORAGE_CONFIG_DIR",
  ])("env.%s never travels either way (trap 24)", (name) => {
    const merged = merge({
      base: "void",
      home: { env: { [name]: "h", A: "1" } },
      tree: { env: { [name]: "t", B: "1" } },
    });
    expect(merged.home).toEqual({ env: { [name]: "h", A: "1", B: "1" } });
    expect(merged.tree).toEqual({ env: { B: "1", A: "1" } });
  });

  test("home keeps its identity keys when the tree deletes the rest of env", () => {
    const home = { env: { ANTHROPIC_API_KEY: "fake", A: "1" }, x: 1, y: 1 };
    const merged = merge({ base: { env: { A: "1" }, x: 1, y: 1 }, home, tree: { x: 1, y: 1 } });
    expect(merged.home).toEqual({ env: { ANTHROPIC_API_KEY: "fake" }, x: 1, y: 1 });
    expect(merged.deleted).toMatchObject([{ key: ["env"], value: { A: "1" } }]);
  });

  test("a name in keep_env is treated like any other key", () => {
    const home = { env: { ANTHROPIC_BASE_URL: "https://company.example" } };
    expect(merge({ base: "void", home, tree: {}, keep: ["ANTHROPIC_BASE_URL"] }).tree).toEqual(home);
  });

  test("shared keys of env from both sides are united", () => {
    const merged = merge({ base: {}, home: { env: { A: "1" } }, tree: { env: { B: "2" } } });
    expect(merged.home).toEqual({ env: { A: "1", B: "2" } });
  });

  test("a shared env key that one side dropped is dropped", () => {
    const merged = merge({
      base: { env: { A: "1", B: "1" } },
      home: { env: { B: "1" } },
      tree: { env: { A: "1", B: "1" } },
    });
    expect(merged.tree).toEqual({ env: { B: "1" } });
  });

  test("an env that is no object is carried like any value, and the overlay still applies", () => {
    const merged = merge({
      base: "void",
      home: { env: "broken" },
      tree: {},
      overlay: { env: { TEAM: "blue" } },
    });
    expect([merged.home, merged.tree]).toEqual([{ env: "broken" }, { env: { TEAM: "blue" } }]);
  });

  test("a deny is not lost to a concurrent allow", () => {
    const merged = merge({
      base: { permissions: { allow: ["a"], deny: ["x"] } },
      home: { permissions: { allow: ["a"], deny: ["x", "y"] } },
      tree: { permissions: { allow: ["a", "b"], deny: ["x"] } },
      later: "tree",
    });
    expect(merged.home).toEqual({ permissions: { allow: ["a", "b"], deny: ["x", "y"] } });
  });

  test("settings that were emptied delete nothing", () => {
    const known = { model: "opus", permissions: { deny: ["rm"] } };
    const merged = merge({ base: known, home: {}, tree: known, later: "home" });
    expect([merged.home, merged.tree]).toEqual([known, known]);
  });

  test("a path into the tree is spelled as home's, and an overlay value is left as it is", () => {
    const merged = merge({
      base: {},
      home: {},
      tree: { statusLine: { command: "/tree/line.sh" }, env: { TEAM: "/tree" } },
      overlay: { env: { TEAM: "/tree" } },
      applied: [{ env: { TEAM: "/tree" } }],
      rewriteHome: (document) => mapStrings(document, (text) => text.replace("/tree", "~/.claude")),
    });
    expect(merged.home).toEqual({ statusLine: { command: "~/.claude/line.sh" } });
    expect(merged.tree).toEqual({ statusLine: { command: "~/.claude/line.sh" }, env: { TEAM: "/tree" } });
  });

  test("keys of the tree keep their order around the overlay's", () => {
    const tree = { model: "opus", theme: "dark", env: { TEAM: "blue", A: "1" } };
    const overlay = { model: "opus", env: { TEAM: "blue" } };
    const merged = merge({
      base: { theme: "dark", env: { A: "1" } },
      home: { theme: "dark", env: { A: "1" } },
      tree,
      overlay,
      applied: [overlay],
    });
    expect(JSON.stringify(merged.tree)).toBe(JSON.stringify(tree));
  });
});

describe("mergeSettings, for any documents", () => {
  const names = fc.constantFrom("TEAM", "ANTHROPIC_BASE_URL", "a");
  const anyOverlay = fc
    .tuple(
      fc.option(fc.constantFrom("o1", "o2"), { nil: undefined }),
      fc.dictionary(names, fc.constantFrom("o1", "o2")),
    )
    .map(
      ([model, env]): JsonObject =>
        objectFrom([
          ...(model === undefined ? [] : ([["b", model]] as const)),
          ...(Object.keys(env).length > 0 ? ([["env", env]] as const) : []),
        ]),
    );
  const identity = fc.constantFrom({}, { apiKeyHelper: "mine", env: { ANTHROPIC_API_KEY: "mine" } });
  /** Claude Code refuses an `env` that is no object; an empty one may come and go with the overlay's keys. */
  const validDocument = anyDocument.filter(
    ({ env }) => env === undefined || (isObject(env) && Object.keys(env).length > 0),
  );
  const validBase = fc.option(validDocument, { nil: "void" as const });
  const anySettings = fc.tuple(validDocument, identity).map(([document, keys]) => ({ ...document, ...keys }));

  test("converges: merging what was merged changes nothing and reports nothing", () => {
    fc.assert(
      fc.property(
        validBase,
        anySettings,
        anySettings,
        anySide,
        anyOverlay,
        anyOverlay,
        (base, home, tree, later, overlay, old) => {
          const once = merge({ base, home, tree, later, overlay, applied: [old] });
          const agreed = agreedSettings({ base, home: once.home, tree: once.tree, overlay, keep: [] });
          const twice = merge({
            base: agreed,
            home: once.home,
            tree: once.tree,
            later,
            overlay,
            applied: [overlay],
          });
          expect(JSON.stringify(twice)).toBe(
            JSON.stringify({ home: once.home, tree: once.tree, lost: [], deleted: [], held: [] }),
          );
        },
      ),
    );
  });

  test("home never shows a value that only an overlay had", () => {
    const marked = { env: { TEAM: "SECRET", ANTHROPIC_BASE_URL: "SECRET" }, model: "SECRET" };
    fc.assert(
      fc.property(
        anyBase,
        anySettings,
        anySettings,
        anySide,
        anyOverlay,
        (base, home, tree, later, overlay) => {
          const applied = merge({ base, home, tree, later, overlay: marked });
          expect(JSON.stringify(applied.home)).not.toContain("SECRET");
          const removed = merge({ base, home, tree: applied.tree, later, overlay, applied: [marked] });
          expect(JSON.stringify([removed.home, removed.tree])).not.toContain("SECRET");
        },
      ),
    );
  });

  test("is total, whatever env is", () => {
    fc.assert(
      fc.property(
        anyBase,
        anyDocument,
        anyDocument,
        anySide,
        anyOverlay,
        (base, home, tree, later, overlay) => {
          merge({ base, home, tree, later, overlay, applied: [tree, overlay] });
        },
      ),
    );
  });

  test("an identity key of home stays as it is, and none is in the tree but the overlay's", () => {
    fc.assert(
      fc.property(
        anyBase,
        anySettings,
        anySettings,
        anySide,
        anyOverlay,
        (base, home, tree, later, overlay) => {
          const merged = merge({ base, home, tree, later, overlay, applied: [overlay] });
          expect(equalJson(merged.home["apiKeyHelper"], home["apiKeyHelper"])).toBe(true);
          expect(merged.tree["apiKeyHelper"]).toBeUndefined();
          expect(JSON.stringify(merged.tree)).not.toContain("ANTHROPIC_API_KEY");
        },
      ),
    );
  });
});

function merge(input: Pick<SettingsInput, "base" | "home" | "tree"> & Partial<SettingsInput>) {
  return mergeSettings({
    later: "home",
    overlay: {},
    applied: [],
    keep: [],
    deletion: () => "carry",
    rewriteHome: (document) => document,
    ...input,
  });
}

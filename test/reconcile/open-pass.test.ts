import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { appliedOverlays } from "../../src/reconcile/applied-overlays.ts";
import {
  createProfileHome,
  edit,
  everyTrace,
  type OpenOptions,
  type ProfileHome,
  put,
  read,
} from "./support/profile-home.ts";

const HOME = {
  hasCompletedOnboarding: true,
  numStartups: 4,
  theme: "dark",
  projects: { "/a": { allowedTools: ["x"] }, "/b": {} },
  mcpServers: { one: { command: "one" } },
};
const SETTINGS = { theme: "dark", permissions: { deny: ["Read(./.env)"], allow: ["Bash(ls)"] } };
const OVERLAY = { env: { ANTHROPIC_BASE_URL: "https://gateway.test", FOO: "1" }, model: "sonnet" };

/** A profile whose tree is up to date. */
function opened(options: OpenOptions = {}): ProfileHome {
  const box = createProfileHome();
  put(box.places.homeJson, { ...HOME, oauthAccount: { emailAddress: "home@test" }, userID: "home" });
  put(box.places.claude.settings, SETTINGS);
  box.open(options);
  return box;
}

describe("before the start", () => {
  test("the tree has what home has, and nothing of home's account", () => {
    using box = opened();
    expect(read(box.places.treeJson)).toEqual(HOME);
    expect(read(box.places.treeSettings)).toEqual(SETTINGS);
    for (const path of [box.places.treeJson, box.places.treeSettings, box.places.treeToken]) {
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
  });

  test("an MCP server that was added to ~/.claude.json is in the tree, and one that was removed is not", () => {
    using box = opened();
    edit(box.places.homeJson, { mcpServers: { two: { command: "two" } } });
    box.open();
    expect(read(box.places.treeJson)["mcpServers"]).toEqual({ two: { command: "two" } });
    expect(box.conflicts()).toMatchObject([
      { file: "claude.json", key: ["mcpServers", "one"], lost: { command: "one" } },
    ]);
  });

  test("home is not written, and what the tree has for it is left to be carried", () => {
    using box = opened();
    edit(box.places.treeJson, { numStartups: 5, tipsHistory: { a: 1 } });
    edit(box.places.treeSettings, { theme: "light" });
    const before = everyTrace(box.places.homeJson, box.places.claude.root);
    expect(box.open()).toBe(true);
    expect(everyTrace(box.places.homeJson, box.places.claude.root)).toEqual(before);
    expect(box.conflicts()).toEqual([]);
  });

  test("what only home is to lose is recorded when home loses it, not at each open", async () => {
    using box = opened();
    edit(box.places.homeJson, { theme: "home" });
    edit(box.places.treeJson, { mcpServers: {}, theme: "tree" });
    const later = Date.now() / 1000 + 1;
    utimesSync(box.places.treeJson, later, later);
    expect(box.open()).toBe(true);
    expect(box.open()).toBe(true);
    expect(box.conflicts()).toEqual([]);
    await box.final();
    expect(box.conflicts().map(({ key }) => key)).toEqual([["theme"], ["mcpServers", "one"]]);
  });

  test("a steady open writes nothing at all", () => {
    using box = opened({ overlay: OVERLAY });
    box.open({ overlay: OVERLAY });
    const before = everyTrace(box.home);
    expect(box.open({ overlay: OVERLAY })).toBe(false);
    expect(everyTrace(box.home)).toEqual(before);
  });

  test("so does one of a user without any document in home", () => {
    using box = createProfileHome();
    box.open();
    const before = everyTrace(box.home);
    expect(box.open()).toBe(false);
    expect(everyTrace(box.home)).toEqual(before);
    expect(existsSync(box.places.homeJson)).toBe(false);
  });

  test("identity keys of home's settings never reach the tree, and home keeps them", () => {
    using box = createProfileHome();
    const settings = {
      apiKeyHelper: "echo key",
      forceLoginMethod: "console",
      env: { ANTHROPIC_API_KEY: "sk-fake", CLAUDE_CONFIG_DIR: "/x", KEPT: "1" },
      theme: "dark",
    };
    put(box.places.claude.settings, settings);
    box.open();
    expect(read(box.places.treeSettings)).toEqual({ env: { KEPT: "1" }, theme: "dark" });
    expect(read(box.places.claude.settings)).toEqual(settings);
  });

  test("a name that left keep_env leaves the tree at the next start", () => {
    using box = createProfileHome();
    put(box.places.claude.settings, { env: { ANTHROPIC_API_KEY: "sk-fake", KEPT: "1" } });
    box.open({ keep: ["ANTHROPIC_API_KEY"] });
    expect(read(box.places.treeSettings)["env"]).toEqual({ ANTHROPIC_API_KEY: "sk-fake", KEPT: "1" });
    box.open({ keep: [] });
    expect(read(box.places.treeSettings)["env"]).toEqual({ KEPT: "1" });
    box.open({ keep: ["ANTHROPIC_API_KEY"] });
    expect(read(box.places.treeSettings)["env"]).toEqual({ ANTHROPIC_API_KEY: "sk-fake", KEPT: "1" });
  });
});

describe("the overlay", () => {
  test("is on top of the shared settings, and gone when config.toml loses it", async () => {
    using box = opened({ overlay: OVERLAY });
    expect(read(box.places.treeSettings)).toEqual({ ...SETTINGS, ...OVERLAY });
    box.open({ overlay: {} });
    expect(read(box.places.treeSettings)).toEqual(SETTINGS);
    await box.final();
    expect(read(box.places.claude.settings)).toEqual(SETTINGS);
  });

  test("that replaces another never sends the old one home", async () => {
    using box = opened({ overlay: OVERLAY });
    const next = { env: { ANTHROPIC_BASE_URL: "https://other.test" } };
    box.open({ overlay: next });
    expect(read(box.places.treeSettings)).toEqual({ ...SETTINGS, ...next });
    await box.final();
    expect(read(box.places.claude.settings)).toEqual(SETTINGS);
  });

  test("is applied beside a live session too: it decides where a login is sent", () => {
    using box = opened();
    expect(box.open({ overlay: OVERLAY, alone: false })).toBe(true);
    expect(read(box.places.treeSettings)).toEqual({ ...SETTINGS, ...OVERLAY });
  });

  test("is remembered while sessions live that had it: their children carry its variables", () => {
    using box = opened({ overlay: OVERLAY });
    const next = { env: { ANTHROPIC_BASE_URL: "https://other.test" } };
    box.open({ overlay: next, alone: false });
    expect(appliedOverlays(box.places)).toEqual([OVERLAY, next]);
    const before = everyTrace(box.places.paths.base);
    box.open({ overlay: next, alone: false });
    expect(everyTrace(box.places.paths.base)).toEqual(before);
    box.open({ overlay: OVERLAY, alone: false });
    expect(appliedOverlays(box.places)).toEqual([next, OVERLAY]);
    box.open({ overlay: OVERLAY });
    expect(appliedOverlays(box.places)).toEqual([OVERLAY]);
  });

  test("stands over what a copy that is missing or damaged is rebuilt from", () => {
    for (const damage of [undefined, "{", ""]) {
      using box = opened({ overlay: OVERLAY });
      edit(box.places.claude.settings, { model: "opus" });
      if (damage === undefined) rmSync(box.places.treeSettings);
      else put(box.places.treeSettings, damage);
      box.open({ overlay: OVERLAY });
      expect(read(box.places.treeSettings)).toEqual({ ...SETTINGS, ...OVERLAY });
    }
  });

  test("never comes home from a tree that was restored with its base, not even an older one", async () => {
    using box = opened({ overlay: OVERLAY });
    remade(box.places.paths.runtime);
    box.open({ overlay: { model: "haiku" } });
    expect(read(box.places.treeSettings)).toEqual({ ...SETTINGS, model: "haiku" });
    await box.final();
    expect(read(box.places.claude.settings)).toEqual(SETTINGS);
  });
});

describe("damage", () => {
  test("of ~/.claude.json is left as it is and never spread; the tree lives on", async () => {
    using box = opened();
    put(box.places.homeJson, '{"projects": {');
    box.open();
    await box.final();
    expect(read(box.places.treeJson)).toEqual(HOME);
    expect(await Bun.file(box.places.homeJson).text()).toBe('{"projects": {');
    expect(box.conflicts()).toEqual([]);
  });

  test("of both ~/.claude.json and the copy costs nothing that the base and account.json know", () => {
    using box = opened();
    edit(box.places.treeJson, { oauthAccount: { emailAddress: "work@test" } });
    box.open();
    put(box.places.homeJson, "");
    put(box.places.treeJson, "{");
    box.open();
    expect(read(box.places.treeJson)).toEqual({ ...HOME, oauthAccount: { emailAddress: "work@test" } });
  });

  test("of the copy in the tree goes to quarantine, and it is rebuilt with the account", () => {
    using box = opened();
    edit(box.places.treeJson, { oauthAccount: { emailAddress: "work@test" }, userID: "u" });
    box.open();
    put(box.places.treeJson, '{"oauthAcc');
    box.open();
    expect(read(box.places.treeJson)).toEqual({
      ...HOME,
      oauthAccount: { emailAddress: "work@test" },
      userID: "u",
    });
    expect(box.quarantined()).toEqual(["damaged-claude.json"]);
  });

  test("of the copy is a live claude's to mend", () => {
    using box = opened();
    put(box.places.treeJson, "{");
    expect(box.open({ alone: false })).toBe(true);
    expect(box.quarantined()).toEqual([]);
    expect(statSync(box.places.treeJson).size).toBe(1);
  });

  test("of settings.json never makes the deny rules vanish", async () => {
    using box = opened({ overlay: OVERLAY });
    put(box.places.claude.settings, "");
    box.open({ overlay: { model: "haiku" } });
    expect(read(box.places.treeSettings)).toEqual({ ...SETTINGS, model: "haiku" });
    await box.final();
    expect(statSync(box.places.claude.settings).size).toBe(0);
  });

  test("a document that can't be read at all delays no start, and is said in the log", () => {
    using box = opened({ overlay: OVERLAY });
    rmSync(box.places.homeJson);
    mkdirSync(box.places.homeJson);
    edit(box.places.claude.settings, { theme: "light" });
    expect(box.open({ overlay: OVERLAY })).toBe(true);
    expect(read(box.places.treeSettings)["theme"]).toBe("light");
    expect(box.logText()).toContain("claude.json: not_a_file");
  });

  test("settings that can't be rebuilt with their overlay stop the start too", () => {
    using box = opened({ overlay: OVERLAY });
    rmSync(box.places.claude.settings);
    mkdirSync(box.places.claude.settings);
    rmSync(box.places.treeSettings);
    expect(() => box.open({ overlay: OVERLAY })).toThrow("not a regular file");
  });

  test("an overlay that can't be applied stops the start: a login would go elsewhere", () => {
    using box = opened();
    rmSync(box.places.treeSettings);
    mkdirSync(box.places.treeSettings);
    expect(() => box.open({ overlay: OVERLAY })).toThrow("not a regular file");
    expect(() => box.open({ overlay: OVERLAY })).toThrow("not a regular file");
  });
});

describe("a side that looks reset", () => {
  test.each(["tree", "home"] as const)("deletes nothing: %s", async (side) => {
    using box = opened();
    put(side === "tree" ? box.places.treeJson : box.places.homeJson, { numStartups: 1 });
    box.open();
    await box.final();
    for (const path of [box.places.treeJson, box.places.homeJson]) {
      const { projects, mcpServers, theme } = HOME;
      expect(read(path)).toMatchObject({ projects, mcpServers, theme });
    }
  });

  test("with its projects alone deletes none of them", async () => {
    using box = opened();
    edit(box.places.homeJson, { projects: {} });
    box.open();
    await box.final();
    expect(read(box.places.homeJson)["projects"]).toEqual(HOME.projects);
    expect(read(box.places.treeJson)["projects"]).toEqual(HOME.projects);
  });
});

describe("the base is void, and nothing is deleted,", () => {
  test.each([
    ["the tree was restored from a backup", (box: ProfileHome) => remade(box.places.paths.runtime)],
    ["claude home was restored from a backup", (box: ProfileHome) => remade(box.places.claude.root)],
    ["the token of the tree is another", (box: ProfileHome) => put(box.places.treeToken, "f".repeat(32))],
    ["the token of the tree is gone", (box: ProfileHome) => rmSync(box.places.treeToken)],
    [
      "the token of the tree is a huge file",
      (box: ProfileHome) => put(box.places.treeToken, "f".repeat(4096)),
    ],
    ["the base is damaged", (box: ProfileHome) => put(join(box.places.paths.base, "index.json"), "{")],
    [
      "a document of the base is damaged",
      (box: ProfileHome) => put(join(box.places.paths.base, "claude.json"), "["),
    ],
  ])("where %s", async (_, happen) => {
    using box = opened();
    edit(box.places.treeJson, { theme: undefined, tipsHistory: { a: 1 } });
    edit(box.places.homeJson, { mcpServers: {} });
    happen(box);
    box.open();
    await box.final();
    for (const path of [box.places.treeJson, box.places.homeJson]) {
      expect(read(path)).toMatchObject({ ...HOME, tipsHistory: { a: 1 } });
    }
    expect(box.conflicts()).toEqual([]);
    // From here on there is a base again: a deletion is one.
    edit(box.places.homeJson, { mcpServers: {} });
    box.open();
    expect(read(box.places.treeJson)["mcpServers"]).toEqual({});
  });
});

describe("cut short at any checkpoint", () => {
  test("an open is made up for by the next one", async () => {
    const reached: string[] = [];
    {
      using box = unfinishedWork();
      testOnlyArmCheckpoints((name) => void reached.push(name));
      box.open({ overlay: OVERLAY });
      testOnlyArmCheckpoints(undefined);
      await box.final();
      expectWhole(box);
    }
    expect(new Set(reached)).toContain("settings.json:before-tree");
    for (const [index, name] of reached.entries()) {
      using box = unfinishedWork();
      expect(cutShort(index, () => box.open({ overlay: OVERLAY }))).toBe(name);
      box.open({ overlay: OVERLAY });
      await box.final();
      expectWhole(box);
    }
  });

  test("a change of the overlay leaves neither the old nor the new one in home", async () => {
    let index = 0;
    for (let name: string | undefined = ""; name !== undefined; index++) {
      using box = opened({ overlay: { model: "opus", env: { FOO: "old" } } });
      name = cutShort(index, () => box.open({ overlay: OVERLAY }));
      box.open({ overlay: { model: "haiku" } });
      await box.final();
      expect([name ?? "none", read(box.places.claude.settings)]).toEqual([name ?? "none", SETTINGS]);
      expect(read(box.places.treeSettings)).toEqual({ ...SETTINGS, model: "haiku" });
    }
    expect(index).toBeGreaterThan(5);
  });
});

/** Edits on both sides, a damaged copy and a new overlay. */
function unfinishedWork(): ProfileHome {
  const box = opened();
  edit(box.places.treeJson, { oauthAccount: { emailAddress: "work@test" } });
  box.open();
  put(box.places.treeJson, "{");
  edit(box.places.homeJson, { mcpServers: { two: { command: "two" } } });
  edit(box.places.claude.settings, { verbose: true });
  edit(box.places.treeSettings, { theme: "light" });
  return box;
}

function expectWhole(box: ProfileHome): void {
  const shared = { ...HOME, mcpServers: { two: { command: "two" } } };
  expect(read(box.places.treeJson)).toEqual({ ...shared, oauthAccount: { emailAddress: "work@test" } });
  expect(read(box.places.homeJson)).toMatchObject(shared);
  const settings = { ...SETTINGS, theme: "light", verbose: true };
  expect(read(box.places.claude.settings)).toEqual(settings);
  expect(read(box.places.treeSettings)).toEqual({ ...settings, ...OVERLAY });
  expect(box.quarantined()).toEqual(["damaged-claude.json"]);
}

/**
 * Lets `body` get no further than its checkpoint number `index`: that one throws and so does every later one, so that no
 * file is published any more. The checkpoint's name; undefined where there are fewer.
 */
function cutShort(index: number, body: () => unknown): string | undefined {
  let reached = 0;
  let stoppedAt: string | undefined;
  testOnlyArmCheckpoints((name) => {
    if (reached++ < index) return;
    stoppedAt ??= name;
    throw new Error("cut short");
  });
  try {
    body();
  } catch (error) {
    if (stoppedAt === undefined) throw error;
  } finally {
    testOnlyArmCheckpoints(undefined);
  }
  return stoppedAt;
}

/** The same content in a directory of its own, as a restore from a backup leaves it. */
function remade(directory: string): void {
  renameSync(directory, `${directory}.old`);
  Bun.spawnSync(["cp", "-a", `${directory}.old`, directory]);
  rmSync(`${directory}.old`, { recursive: true });
}

describe("an overlay that decides the login is there, or nothing starts", () => {
  const overlay = { apiKeyHelper: "clauth __api-key work", ...OVERLAY };

  test.each([true, false])("settings of the tree that can't be read stop it (alone: %p)", (alone) => {
    using box = opened({ overlay });
    rmSync(box.places.treeSettings);
    mkdirSync(box.places.treeSettings);
    expect(() => box.open({ overlay, alone })).toThrow(expect.objectContaining({ kind: "not_a_file" }));
  });

  test("beside another session it is put back where it is gone", () => {
    using box = opened({ overlay });
    put(box.places.treeSettings, {});
    box.open({ overlay, alone: false });
    const { apiKeyHelper, env } = read(box.places.treeSettings);
    expect({ apiKeyHelper, env }).toEqual({
      apiKeyHelper: overlay.apiKeyHelper,
      env: { ANTHROPIC_BASE_URL: OVERLAY.env.ANTHROPIC_BASE_URL },
    });
  });

  test("beside another session damaged settings are left alone, and stop it", () => {
    using box = opened({ overlay });
    put(box.places.treeSettings, "");
    expect(() => box.open({ overlay, alone: false })).toThrow(
      expect.objectContaining({ kind: "overlay_missing" }),
    );
    box.open({ overlay });
    expect(read(box.places.treeSettings)).toMatchObject({ apiKeyHelper: overlay.apiKeyHelper });
  });

  test.each([true, false])(
    "it is never written through a link into claude home (alone: %p)",
    async (alone) => {
      using box = opened({ overlay });
      rmSync(box.places.treeSettings);
      symlinkSync(box.places.claude.settings, box.places.treeSettings);
      if (alone) await box.live({ quiet: () => true });
      else box.open({ overlay, alone });
      expect(read(box.places.claude.settings)).toEqual(SETTINGS);
      expect(read(box.places.treeSettings)).toMatchObject({ apiKeyHelper: overlay.apiKeyHelper });
    },
  );
});

test("an edit of home's that comes while the tree is written stands, however old its time says it is", async () => {
  using box = createProfileHome();
  put(box.places.homeJson, { ...HOME, count: 1 });
  box.open();
  edit(box.places.homeJson, { count: 2 });
  testOnlyArmCheckpoints((name) => {
    if (name !== "claude.json:written") return;
    edit(box.places.homeJson, { count: 3 });
    utimesSync(box.places.homeJson, new Date(0), new Date(0));
  });
  box.open();
  testOnlyArmCheckpoints(undefined);
  await box.final();
  for (const path of [box.places.homeJson, box.places.treeJson]) expect(read(path)["count"]).toBe(3);
});

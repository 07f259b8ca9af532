import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createProfileHome, edit, everyTrace, type ProfileHome, put, read } from "./support/profile-home.ts";

const OVERLAY = { env: { ANTHROPIC_BASE_URL: "https://gateway.test" } };
const HOME_JSON = { numStartups: 1, mcpServers: { shared: { command: "shared" } } };
const HOME_SETTINGS = { theme: "dark", permissions: { deny: ["Read(x)"] } };

type Isolate = "all" | readonly string[];

function box(isolate: Isolate): ProfileHome {
  const made = createProfileHome({ isolate });
  put(made.places.homeJson, HOME_JSON);
  put(made.places.claude.settings, HOME_SETTINGS);
  return made;
}

/** The traces of both of home's documents: equal ones mean that nothing was written there. */
function homeTraces({ places }: ProfileHome): string[] {
  return everyTrace(places.homeJson, places.claude.settings);
}

describe("a profile that shares nothing", () => {
  test("has documents of its own: neither side reaches the other, before, beside and after claude", async () => {
    using apart = box("all");
    const before = homeTraces(apart);
    apart.open({ overlay: OVERLAY, isolate: "all" });
    expect(read(apart.places.treeSettings)).toEqual(OVERLAY);
    expect(read(apart.places.treeJson)).toEqual({});

    const own = { hooks: `${apart.places.paths.runtime}/hook.sh` };
    edit(apart.places.treeSettings, own);
    edit(apart.places.treeJson, { mcpServers: { own: { command: "own" } } });
    await apart.live();
    await apart.final();
    apart.open({ overlay: OVERLAY, isolate: "all" });
    expect(read(apart.places.treeSettings)).toEqual({ ...OVERLAY, ...own });
    expect(read(apart.places.treeJson)).toEqual({ mcpServers: { own: { command: "own" } } });
    expect(homeTraces(apart)).toEqual(before);
  });

  test("gets another overlay in the place of the last one", () => {
    using apart = box("all");
    apart.open({ overlay: OVERLAY, isolate: "all" });
    edit(apart.places.treeSettings, { model: "opus" });
    apart.open({ overlay: {}, isolate: "all" });
    expect(read(apart.places.treeSettings)).toEqual({ model: "opus" });
  });

  test("writes nothing where nothing changed", async () => {
    using apart = box("all");
    apart.open({ overlay: OVERLAY, isolate: "all" });
    await apart.live({ quiet: () => true });
    const before = everyTrace(apart.home);
    expect(apart.open({ overlay: OVERLAY, isolate: "all" })).toBe(false);
    expect((await apart.live({ quiet: () => true })).again).toBeUndefined();
    expect(everyTrace(apart.home)).toEqual(before);
  });

  test("a damaged copy goes to quarantine, and home is not read for it", () => {
    using apart = box("all");
    apart.open({ isolate: "all" });
    writeFileSync(apart.places.treeJson, "{");
    apart.open({ isolate: "all" });
    expect(readFileSync(apart.places.treeJson, "utf8")).not.toContain("shared");
    expect(apart.quarantined()).toEqual(["damaged-claude.json"]);
  });
});

test.each([
  [".claude.json", "settings"],
  ["settings.json", "json"],
] as const)("of %s alone: the other document is shared", async (name, shared) => {
  using apart = box([name]);
  apart.open({ isolate: [name] });
  const expected = {
    json: shared === "json" ? HOME_JSON : {},
    settings: shared === "settings" ? HOME_SETTINGS : {},
  };
  expect(read(apart.places.treeJson)).toEqual(expected.json);
  expect(read(apart.places.treeSettings)).toEqual(expected.settings);
});

test("from shared to isolated and back nothing is lost: the copy stays, and then both sides are united", async () => {
  using box = createProfileHome();
  put(box.places.homeJson, { ...HOME_JSON, gone: 1 });
  put(box.places.claude.settings, HOME_SETTINGS);
  box.open();
  expect(read(box.places.treeJson)).toHaveProperty("gone");

  box.open({ isolate: "all" });
  expect(read(box.places.treeJson)).toEqual({ ...HOME_JSON, gone: 1 });
  expect(read(box.places.treeSettings)).toEqual(HOME_SETTINGS);
  edit(box.places.treeJson, { ofTree: true, numStartups: undefined });
  edit(box.places.homeJson, { ofHome: true, gone: undefined });
  box.open({ isolate: "all" });
  expect(existsSync(`${box.places.paths.base}/claude.json`)).toBe(false);

  box.open();
  await box.final();
  const united = { ...HOME_JSON, gone: 1, ofTree: true, ofHome: true };
  expect(read(box.places.treeJson)).toEqual(united);
  expect(read(box.places.homeJson)).toEqual(united);
});

import { afterEach, describe, expect, spyOn, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  watch,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { testOnlyFaults } from "../../src/disk/disk.ts";
import { isTemporaryName } from "../../src/disk/write-file.ts";
import type { JsonObject } from "../../src/json.ts";
import { preparePass } from "../../src/reconcile/live-pass.ts";
import { SETTLE_MS } from "../../src/reconcile/standing.ts";
import { systemError } from "../support/faults.ts";
import { isOfMirror } from "../support/link-mode.ts";
import { createProfileHome, edit, everyTrace, type ProfileHome, put, read } from "./support/profile-home.ts";

const SHARED = { numStartups: 4, theme: "dark", mcpServers: { one: { command: "one" } }, a: 1, b: 2 };

/** A profile whose tree and base are up to date, as a session finds them. */
function running(): ProfileHome {
  const box = createProfileHome();
  put(box.places.homeJson, SHARED);
  put(box.places.claude.settings, { theme: "dark" });
  box.open();
  return box;
}

/** Lets the time pass in which Claude's unlocked writes come. */
function settle(box: ProfileHome): void {
  const { memory } = box.reconciled;
  memory.lastWriteMs -= SETTLE_MS;
  for (const [path, seen] of memory.sightings)
    memory.sightings.set(path, { ...seen, sinceMs: seen.sinceMs - SETTLE_MS });
}

/** The tree's is taken first, and given back where home's is busy. */
function aTryForTheLocks({ places }: ProfileHome): Promise<unknown> {
  return new Promise((seen) => {
    watch(places.paths.runtime, (_, name) => name === ".claude.json.lock" && seen(name)).unref();
  });
}

afterEach(() => testOnlyArmCheckpoints(undefined));

describe("while claude runs", () => {
  test("a key of the tree reaches home and a key of home the tree", async () => {
    using box = running();
    edit(box.places.treeJson, { tipsHistory: { seen: 1 } });
    edit(box.places.homeJson, { fromHome: true });
    edit(box.places.treeSettings, { model: "opus" });
    edit(box.places.claude.settings, { verbose: true });
    await box.live();
    for (const path of [box.places.treeJson, box.places.homeJson]) {
      expect(read(path)).toEqual({ ...SHARED, tipsHistory: { seen: 1 }, fromHome: true });
    }
    for (const path of [box.places.treeSettings, box.places.claude.settings]) {
      expect(read(path)).toEqual({ theme: "dark", model: "opus", verbose: true });
    }
  });

  test("each copy of .claude.json is written under Claude's own lock for it, and none is left", async () => {
    using box = running();
    edit(box.places.treeJson, { tipsHistory: {} });
    edit(box.places.homeJson, { fromHome: true });
    const locks = [`${box.places.treeJson}.lock`, `${box.places.homeJson}.lock`];
    const held: string[] = [];
    testOnlyArmCheckpoints((name) => {
      if (name.startsWith("claude.json:before-"))
        held.push(`${name} ${locks.map((lock) => existsSync(lock))}`);
    });
    await box.live();
    expect(held).toEqual(["claude.json:before-tree true,true", "claude.json:before-home true,true"]);
    expect(locks.map((lock) => existsSync(lock))).toEqual([false, false]);
  });

  test("only the side that is written is locked", async () => {
    using box = running();
    mkdirSync(`${box.places.treeJson}.lock`);
    edit(box.places.treeJson, { tipsHistory: {} });
    await box.live();
    expect(read(box.places.homeJson)).toHaveProperty("tipsHistory");
  });

  test("a lock that claude holds is waited for, and what it wrote meanwhile is merged", async () => {
    using box = running();
    const lock = `${box.places.homeJson}.lock`;
    mkdirSync(lock);
    edit(box.places.treeJson, { tipsHistory: {} });
    edit(box.places.homeJson, { fromHome: true });
    const tried = aTryForTheLocks(box);
    const pass = box.live();
    await tried;
    edit(box.places.homeJson, { meanwhile: true });
    rmdirSync(lock);
    await pass;
    const merged = { ...SHARED, tipsHistory: {}, fromHome: true, meanwhile: true };
    expect(read(box.places.homeJson)).toEqual(merged);
    expect(read(box.places.treeJson)).toEqual(merged);
  });

  test("a lock that stays held delays nothing else, and is tried again", async () => {
    using box = running();
    const lock = `${box.places.homeJson}.lock`;
    mkdirSync(lock);
    edit(box.places.treeJson, { tipsHistory: {} });
    edit(box.places.treeSettings, { model: "opus" });
    const { again, notes } = await box.live();
    expect(again).toBeLessThanOrEqual(1000);
    expect(notes).toEqual([]);
    expect(read(box.places.homeJson)).toEqual(SHARED);
    expect(read(box.places.claude.settings)).toHaveProperty("model");
    expect(box.logText()).toContain("claude.json: store_busy");
    rmdirSync(lock);
    await box.live();
    expect(read(box.places.homeJson)).toHaveProperty("tipsHistory");
  });

  test("a document that can't be read stops none of the others", async () => {
    using box = running();
    rmSync(box.places.homeJson);
    mkdirSync(box.places.homeJson);
    edit(box.places.treeJson, { tipsHistory: {} });
    edit(box.places.treeSettings, { model: "opus" });
    await box.live();
    expect(read(box.places.claude.settings)).toHaveProperty("model");
    expect(box.logText()).toContain("claude.json: not_a_file");
  });

  test("a damaged copy is left to claude, and nothing of it is spread", async () => {
    using box = running();
    put(box.places.treeJson, "{");
    const home = everyTrace(box.places.homeJson);
    await box.live();
    expect(await Bun.file(box.places.treeJson).text()).toBe("{");
    expect(everyTrace(box.places.homeJson)).toEqual(home);
    expect(box.quarantined()).toEqual([]);
  });

  test("a pass that finds nothing to do writes nothing, not even to the log", async () => {
    using box = running();
    edit(box.places.treeJson, { tipsHistory: {} });
    await box.live();
    settle(box);
    expect((await box.live()).again).toBeUndefined();
    const traces = () => everyTrace(box.home).filter((trace) => !isOfMirror(trace));
    const before = traces();
    expect(await box.live()).toEqual({ again: undefined, notes: [] });
    expect(traces()).toEqual(before);
  });
});

describe("a large document", () => {
  const history = Array.from(
    { length: 50 },
    (_, index) => `a prompt of some eighty characters, number ${index}`,
  );
  const projects = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`/p/${index}`, { history }]));

  test("is parsed once in each version that a pass sees, however often it is read", async () => {
    using box = createProfileHome();
    put(box.places.homeJson, { ...SHARED, projects });
    box.open();
    edit(box.places.treeJson, { tipsHistory: { seen: 1 } });
    edit(box.places.homeJson, { fromHome: true });
    using parse = spyOn(JSON, "parse");
    await box.final();
    const versions = parse.mock.calls.flatMap(([text]) => (text.length > 32 * 1024 ? [text] : []));
    expect(versions.length).toBe(new Set(versions).size);
    // The base and both sides: what they became is known.
    expect(versions.length).toBe(3);
    expect(read(box.places.homeJson)).toHaveProperty("tipsHistory");
  });

  test("that was touched between two looks is decided anew", async () => {
    using box = createProfileHome();
    put(box.places.homeJson, { ...SHARED, projects });
    box.open();
    edit(box.places.treeJson, { theme: "of the tree", tipsHistory: {} });
    edit(box.places.homeJson, { theme: "of home" });
    mkdirSync(`${box.places.homeJson}.lock`);
    const tried = aTryForTheLocks(box);
    const pass = box.live();
    await tried;
    // The same bytes, later than the other side's.
    const later = new Date(Date.now() + 60_000);
    utimesSync(box.places.treeJson, later, later);
    rmdirSync(`${box.places.homeJson}.lock`);
    await pass;
    expect(read(box.places.homeJson)).toHaveProperty("theme", "of the tree");
  });
});

describe("claude's unlocked writes", () => {
  test("in the moment of ours, and again on top of it before it is undone, lose nothing of anybody", async () => {
    using box = running();
    edit(box.places.treeJson, { tipsHistory: { ours: 1 } });
    const { homeJson } = box.places;
    const writes = [
      (document: JsonObject) => ({ ...document, first: 1 }),
      ({ b: _, ...document }: JsonObject) => ({ ...document, second: 2 }),
    ];
    using _ = testOnlyFaults(({ exchange }) => ({
      exchange: (from, to) => {
        const write = to === homeJson ? writes.shift() : undefined;
        if (write !== undefined) renameSync(put(`${homeJson}.claude`, write(read(homeJson))), homeJson);
        return exchange(from, to);
      },
    }));
    await box.live();
    expect(writes).toEqual([]);
    expect(read(homeJson)).toMatchObject({ first: 1, second: 2 });
    expect(read(homeJson)).not.toHaveProperty("b");
    await box.final();
    const { b: _removed, ...rest } = SHARED;
    const all = { ...rest, first: 1, second: 2, tipsHistory: { ours: 1 } };
    expect([read(homeJson), read(box.places.treeJson)]).toEqual([all, all]);
  });

  test("that come all the time lose nothing either, and what can't be merged is in quarantine", async () => {
    using box = running();
    const { homeJson } = box.places;
    const writing = (...texts: readonly (() => string)[]) => {
      const left = texts.values();
      return testOnlyFaults(({ exchange }) => ({
        exchange: (from, to) => {
          const text = to === homeJson ? left.next().value?.() : undefined;
          if (text) renameSync(put(`${homeJson}.claude`, text), homeJson);
          return exchange(from, to);
        },
      }));
    };
    const adding = (key: string) => () => JSON.stringify({ ...read(homeJson), [key]: 1 });
    edit(box.places.treeJson, { tipsHistory: {} });
    {
      // The third exchange puts the second write back; the fourth is the one that brings the first write back.
      using _ = writing(adding("first"), adding("second"), () => "", adding("third"));
      await box.live();
    }
    expect(read(homeJson)).toMatchObject({ first: 1, second: 1, third: 1 });
    await box.live();
    edit(box.places.treeJson, { more: 1 });
    {
      using _ = writing(adding("fourth"), () => "{half of a docum");
      await box.live();
    }
    expect(readFileSync(homeJson, "utf8")).toBe("{half of a docum");
    expect(box.quarantined()).toContain("displaced-claude.json");
  });

  test("to both sides between our two leave the later edit of home: what the tree was given is no edit of its own", async () => {
    using box = running();
    edit(box.places.homeJson, { a: 2 });
    edit(box.places.treeJson, { tipsHistory: {} });
    testOnlyArmCheckpoints((name) => {
      if (name !== "claude.json:before-home" || read(box.places.homeJson)["a"] === 3) return;
      edit(box.places.homeJson, { a: 3 });
      edit(box.places.treeJson, { numStartups: 5 });
    });
    await box.live();
    expect(box.logText()).toContain("concurrent_modification");
    await box.live();
    for (const path of [box.places.treeJson, box.places.homeJson])
      expect(read(path)).toEqual({ ...SHARED, a: 3, numStartups: 5, tipsHistory: {} });
    expect(box.conflicts()).toEqual([]);
  });

  test("that drop a value of ours within three seconds lose: it is applied again", async () => {
    using box = running();
    edit(box.places.homeJson, { fromHome: true });
    const { again } = await box.live();
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThanOrEqual(3000);
    // As claude does it: what it read before our merge, with an edit of its own.
    put(box.places.treeJson, { ...SHARED, numStartups: 5 });
    await box.live();
    for (const path of [box.places.treeJson, box.places.homeJson]) {
      expect(read(path)).toEqual({ ...SHARED, numStartups: 5, fromHome: true });
    }
    expect(box.conflicts()).toEqual([]);
  });

  test("are waited for too where another shim merged in the moment before the base was to follow", async () => {
    using box = running();
    edit(box.places.homeJson, { fromHome: true });
    await box.live();
    settle(box);
    let asked = false;
    let merged = false;
    const before = read(box.places.homeJson);
    using _ = testOnlyFaults(({ open }) => ({
      open: (path, flags, mode) => {
        if (asked && !merged && path === join(box.places.paths.base, ".lock")) {
          merged = true;
          for (const side of [box.places.homeJson, box.places.treeJson]) edit(side, { ofOther: 1 });
        }
        return open(path, flags, mode);
      },
    }));
    await box.live({
      quiet: () => {
        asked = true;
        return false;
      },
    });
    expect(merged).toBe(true);
    // As claude does it: what it read before that merge.
    put(box.places.homeJson, { ...before, numStartups: 5 });
    await box.live();
    await box.final();
    for (const path of [box.places.treeJson, box.places.homeJson])
      expect(read(path)).toEqual({ ...SHARED, fromHome: true, numStartups: 5, ofOther: 1 });
  });

  test("are waited for as long as they may come, and then the base follows", async () => {
    using box = running();
    edit(box.places.homeJson, { fromHome: true });
    await box.live();
    settle(box);
    expect((await box.live()).again).toBeUndefined();
    // From here on its absence is a change of the tree's.
    edit(box.places.treeJson, { fromHome: undefined });
    await box.final();
    expect(read(box.places.homeJson)).toEqual(SHARED);
  });
});

describe("a key that vanished", () => {
  test.each(["tree", "home"] as const)(
    "from the %s is held, and carried after a later write",
    async (side) => {
      using box = running();
      const { treeJson, homeJson } = box.places;
      const [here, there] = side === "tree" ? [treeJson, homeJson] : [homeJson, treeJson];
      edit(here, { b: undefined });
      await box.live();
      await box.live();
      expect(read(there)["b"]).toBe(2);
      expect(box.conflicts()).toEqual([]);
      edit(here, { numStartups: 5 });
      await box.live();
      expect(read(there)).not.toHaveProperty("b");
      expect(box.conflicts()).toMatchObject([{ file: "claude.json", key: ["b"], lost: 2 }]);
    },
  );

  test("is carried at the end without one", async () => {
    using box = running();
    edit(box.places.treeJson, { b: undefined });
    await box.live();
    await box.final();
    expect(read(box.places.homeJson)).not.toHaveProperty("b");
    expect(box.conflicts()).toMatchObject([{ key: ["b"], lost: 2 }]);
  });

  test("and came back is no deletion, and vanishing again starts anew", async () => {
    using box = running();
    edit(box.places.treeJson, { b: undefined });
    await box.live();
    edit(box.places.treeJson, { b: 2 });
    await box.live();
    edit(box.places.treeJson, { b: undefined });
    await box.live();
    expect(read(box.places.homeJson)["b"]).toBe(2);
  });

  test("is not carried because we wrote that file ourselves", async () => {
    using box = running();
    // Claude writes over a merge, and home has something new at the same time: we write the tree once more.
    edit(box.places.treeJson, { b: undefined });
    edit(box.places.homeJson, { fromHome: true });
    await box.live();
    expect(read(box.places.treeJson)).toEqual({ ...read(box.places.treeJson), fromHome: true });
    settle(box);
    await box.live();
    await box.live();
    expect(read(box.places.homeJson)["b"]).toBe(2);
    edit(box.places.treeJson, { numStartups: 5 });
    await box.live();
    expect(read(box.places.homeJson)).not.toHaveProperty("b");
  });
});

describe("at the end", () => {
  test("a value lost to a later edit is recorded with what was kept", async () => {
    using box = running();
    edit(box.places.homeJson, { theme: "light" });
    edit(box.places.treeJson, { theme: "daltonized" });
    await box.final();
    expect(read(box.places.homeJson)["theme"]).toBe(read(box.places.treeJson)["theme"] ?? null);
    expect(box.conflicts()).toMatchObject([{ file: "claude.json", key: ["theme"] }]);
  });

  test("what could not be carried is said, and the next start makes up for it", async () => {
    using box = running();
    edit(box.places.treeSettings, { model: "opus" });
    rmSync(box.places.claude.settings);
    mkdirSync(box.places.claude.settings);
    const { notes } = await box.final();
    expect(notes).toEqual([expect.stringContaining("settings.json")]);
    rmdirSync(box.places.claude.settings);
    box.open();
    await box.final();
    expect(read(box.places.claude.settings)).toMatchObject({ model: "opus" });
  });

  test("the login's account is remembered, and a change of it said once", async () => {
    using box = running();
    put(box.places.paths.credentials, "{}");
    edit(box.places.treeJson, { oauthAccount: { emailAddress: "a@test", accountUuid: "A" } });
    expect((await box.final()).notes).toEqual([]);
    edit(box.places.treeJson, { oauthAccount: { emailAddress: "b@test", accountUuid: "B" } });
    expect((await box.final()).notes).toEqual([
      expect.stringContaining('profile "work" is now b@test (was a@test)'),
    ]);
    expect((await box.final()).notes).toEqual([]);
  });

  test("the account stays the profile's own", async () => {
    using box = running();
    edit(box.places.treeJson, { oauthAccount: { emailAddress: "work@test" }, primaryApiKey: "sk-fake" });
    await box.final();
    expect(read(box.places.homeJson)).toEqual(SHARED);
    expect(read(box.places.paths.account)).toEqual({
      oauthAccount: { emailAddress: "work@test" },
      primaryApiKey: "sk-fake",
    });
    expect(box.logText()).not.toContain("sk-fake");
  });
});

function leftovers({ home }: ProfileHome): string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) =>
    isTemporaryName(basename(name)),
  );
}

describe("prepared while a burst of writes is waited for", () => {
  test("a change is merged and written to files in flight, which then get their names", async () => {
    using box = running();
    edit(box.places.treeJson, { tipsHistory: {} });
    const { homeJson, paths } = box.places;
    const note = join(paths.base, "claude.json.fresh");
    preparePass(box.reconciled);
    const inFlight = leftovers(box).map((name) => statSync(join(box.home, name)));
    const modeOfNote = process.platform === "win32" ? 0o666 : 0o600;
    expect(inFlight.map(({ mode }) => mode & 0o777)).toEqual([statSync(homeJson).mode & 0o777, modeOfNote]);
    expect(read(homeJson)).toEqual(SHARED);
    await box.live();
    expect(read(homeJson)).toEqual({ ...SHARED, tipsHistory: {} });
    expect([homeJson, note].map((path) => statSync(path).ino)).toEqual(inFlight.map(({ ino }) => ino));
    expect(leftovers(box)).toEqual([]);
    expect(box.reconciled.memory.prepared).toBeUndefined();
  });

  test("a file in flight that a cleaner took, or somebody wrote to, is written anew", async () => {
    for (const spoil of [rmSync, (path: string) => writeFileSync(path, "{}")]) {
      using box = running();
      edit(box.places.treeJson, { tipsHistory: {} });
      preparePass(box.reconciled);
      Bun.sleepSync(20);
      for (const name of leftovers(box)) spoil(join(box.home, name));
      await box.live();
      expect(read(box.places.homeJson)).toEqual({ ...SHARED, tipsHistory: {} });
      expect(leftovers(box)).toEqual([]);
    }
  });

  test("what agrees already is merged once, as long as the base may not follow", async () => {
    using box = running();
    edit(box.places.treeJson, { tipsHistory: {} });
    await box.live();
    preparePass(box.reconciled);
    expect(box.reconciled.memory.prepared?.look.decision).toMatchObject({ home: undefined, tree: undefined });
    const before = [box.places.homeJson, box.places.treeJson].flatMap((path) => everyTrace(path));
    await box.live();
    expect([box.places.homeJson, box.places.treeJson].flatMap((path) => everyTrace(path))).toEqual(before);
  });

  test("nothing is, where nothing changed, nothing is known, or the tree is gone", () => {
    using box = running();
    preparePass(box.reconciled);
    expect(box.reconciled.memory.prepared).toBeUndefined();
    edit(box.places.treeJson, { tipsHistory: {} });
    rmSync(join(box.places.paths.base, "index.json"));
    const before = everyTrace(box.home);
    preparePass(box.reconciled);
    rmSync(box.places.paths.runtime, { recursive: true });
    preparePass(box.reconciled);
    expect(box.reconciled.memory.prepared).toBeUndefined();
    expect(everyTrace(box.places.paths.base)).toEqual(
      before.filter((line) => line.startsWith(box.places.paths.base)),
    );
  });

  test("a disk that fails at any call leaves nothing in flight, and the pass carries all", async () => {
    for (const call of ["open", "write", "close", "version"] as const) {
      for (let calls = 0, failed = true; failed; calls++) {
        using box = running();
        edit(box.places.treeJson, { tipsHistory: {} });
        failed = false;
        let left = calls;
        {
          using _ = testOnlyFaults((real) => ({
            [call]: (...args: readonly unknown[]) => {
              if (left-- === 0) {
                failed = true;
                // What can't be closed well is closed all the same.
                if (call === "close") Reflect.apply(real[call], undefined, args);
                throw systemError("EIO");
              }
              return Reflect.apply(real[call], undefined, args);
            },
          }));
          preparePass(box.reconciled);
        }
        if (box.reconciled.memory.prepared === undefined) expect(leftovers(box)).toEqual([]);
        await box.live();
        expect(read(box.places.homeJson)).toEqual({ ...SHARED, tipsHistory: {} });
        expect(leftovers(box)).toEqual([]);
      }
    }
  });

  test("what can't be merged ends nobody", () => {
    using box = running();
    edit(box.places.treeJson, { tipsHistory: {} });
    using _ = spyOn(JSON, "stringify").mockImplementation(() => {
      throw new RangeError("the stack is too small");
    });
    expect(() => preparePass(box.reconciled)).not.toThrow();
    expect(box.reconciled.memory.prepared).toBeUndefined();
  });

  const changesMeanwhile: readonly (readonly [string, (box: ProfileHome) => void])[] = [
    ["the same key in the tree", ({ places }) => edit(places.treeJson, { tipsHistory: { seen: 2 } })],
    ["the same key at home", ({ places }) => edit(places.homeJson, { tipsHistory: { seen: 3 } })],
    ["a key at home", ({ places }) => edit(places.homeJson, { fromHome: true })],
    ["a key that goes", ({ places }) => edit(places.treeJson, { a: undefined })],
    ["the same bytes anew", ({ places }) => edit(places.treeJson, {})],
    ["what came is taken back", ({ places }) => edit(places.treeJson, { tipsHistory: undefined })],
    ["a document that is cut off", ({ places }) => put(places.homeJson, "{")],
    ["a document that is gone", ({ places }) => rmSync(places.homeJson)],
    ["the base, which is gone", ({ places }) => rmSync(join(places.paths.base, "claude.json"))],
    ["a merge of another shim", ({ places }) => put(join(places.paths.base, "claude.json.fresh"), FRESH)],
  ];
  const FRESH = { merges: [[{ key: ["tipsHistory"], value: { seen: 1 } }]] };

  test.each(changesMeanwhile)("what changes after that is judged anew: %s", async (_, change) => {
    const outcomes = [];
    for (const isPrepared of [true, false]) {
      using box = running();
      edit(box.places.treeJson, { tipsHistory: { seen: 1 } });
      if (isPrepared) preparePass(box.reconciled);
      // More than a tick of the clock, by which files get their times.
      Bun.sleepSync(20);
      change(box);
      await box.live();
      expect(leftovers(box)).toEqual([]);
      const documents = [box.places.homeJson, box.places.treeJson].map((path) => readFileSync(path, "utf8"));
      outcomes.push([...documents, box.conflicts().map(({ key, kept, lost }) => ({ key, kept, lost }))]);
    }
    expect(outcomes[0]).toEqual(outcomes[1] ?? []);
  });

  test("a key that is missing in the middle of a burst is not taken for removed by its end", async () => {
    using box = running();
    for (const numStartups of [5, 6]) {
      edit(box.places.treeJson, { a: undefined, numStartups });
      if (numStartups === 5) preparePass(box.reconciled);
    }
    await box.live();
    expect(read(box.places.homeJson)).toEqual({ ...SHARED, numStartups: 6 });
  });
});

describe("a merge that another shim has in flight to home", () => {
  const MERGED = { ...SHARED, fromSibling: true };

  function inFlight(box: ProfileHome): string {
    return put(join(box.home, "..claude.json.clauth-1-ab12.tmp"), MERGED);
  }

  /** How often a pass reads home's document. */
  async function readsOf(box: ProfileHome): Promise<number> {
    let reads = 0;
    using _ = testOnlyFaults((real) => ({
      open: (path, flags, mode) => {
        if (path === box.places.homeJson) reads += 1;
        return real.open(path, flags, mode);
      },
    }));
    await box.live();
    return reads;
  }

  test("is merged before it has its name, and read once more when it has", async () => {
    using box = running();
    const path = inFlight(box);
    const before = everyTrace(box.home);
    preparePass(box.reconciled, path);
    expect(everyTrace(box.home)).toEqual(before);
    const { prepared } = box.reconciled.memory;
    expect(prepared?.look.decision).toMatchObject({ home: undefined, tree: MERGED });
    renameSync(path, box.places.homeJson);
    expect(await readsOf(box)).toBe(1);
    expect(read(box.places.treeJson)).toEqual(MERGED);
    expect(readFileSync(box.places.treeJson)).toEqual(Buffer.from(prepared?.look.writes?.tree ?? []));
  });

  const others: readonly (readonly [string, (box: ProfileHome, path: string) => void])[] = [
    ["none", () => {}],
    ["none, and home changes", ({ places }) => edit(places.homeJson, { fromHome: 1 })],
    ["other bytes", (_, path) => put(path, { ...SHARED, fromSibling: "changed" })],
    ["a tree that changed", ({ places }) => edit(places.treeJson, { fromTree: 1 })],
  ];

  test.each(others)("that gets %s is judged anew", async (what, change) => {
    const outcomes = [];
    for (const isPrepared of [true, false]) {
      using box = running();
      const path = inFlight(box);
      if (isPrepared) preparePass(box.reconciled, path);
      Bun.sleepSync(20);
      change(box, path);
      if (!what.startsWith("none")) renameSync(path, box.places.homeJson);
      await box.live();
      outcomes.push([read(box.places.homeJson), read(box.places.treeJson)]);
    }
    expect(outcomes[0]).toEqual(outcomes[1] ?? []);
  });

  test("is left for later where home would be written too, where it is half written, or gone", () => {
    using box = running();
    const path = inFlight(box);
    edit(box.places.treeJson, { fromTree: 1 });
    preparePass(box.reconciled, path);
    expect(box.reconciled.memory.prepared).toBeUndefined();
    edit(box.places.treeJson, { fromTree: undefined });
    put(path, "{");
    preparePass(box.reconciled, path);
    expect(box.reconciled.memory.prepared).toBeUndefined();
    rmSync(path);
    preparePass(box.reconciled, path);
    expect(box.reconciled.memory.prepared).toBeUndefined();
  });
});

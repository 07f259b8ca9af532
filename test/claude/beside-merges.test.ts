import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { isObject, type Json, type JsonObject, ownValue } from "../../src/json.ts";
import { storeOf } from "../../src/paths.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { livePass } from "../../src/reconcile/live-pass.ts";
import { finalize } from "../../src/session/finalize.ts";
import { openSession } from "../../src/session/open.ts";
import type { Session } from "../../src/session/session.ts";
import { NEWEST_CLAUDE } from "../support/claude-install.ts";
import { describeClaude, type Lab } from "../support/claude-lab.ts";
import { credentialsText } from "../support/claude-login.ts";
import { openPty } from "../support/pty.ts";
import { waitFor } from "../support/wait-for.ts";

/** CLAUTH_TUI_SECONDS=600 lets them start, work and end again for ten minutes. */
const SECONDS = Number(process.env["CLAUTH_TUI_SECONDS"] ?? 0);

/** Eight real Claudes on two cores. */
const PATIENCE_MS = 120_000;

/** How often each merger's document changes, and how long a pass over it rests before the next. */
const WRITE_EVERY_MS = 200;
const REST_MS = 10;

const PROFILES = { alpha: "A", beta: "B", gamma: "C" } as const;
const MERGERS = ["merger", "other-merger"] as const;
type Place = keyof typeof PROFILES | "system";
const PLACES: readonly Place[] = ["alpha", "beta", "gamma", "alpha", "beta", "gamma", "system", "system"];

describeClaude(
  "eight sessions at terminals",
  (openLab) => {
    setDefaultTimeout((SECONDS + 240) * 1000);

    test("start, work and end while merges run at full speed: nothing is lost, and no absence is taken for a deletion", async () => {
      await using lab = await openLab();
      const kept = setUp(lab);
      let isOver = false;
      const lives = Promise.all(PLACES.map((place, index) => live(lab, place, index))).finally(() => {
        isOver = true;
      });
      const merged = await mergeUntil(lab, () => isOver);
      const prompts = (await lives).flat();
      const figures = { prompts: prompts.length, values: merged.values, merges: mergesIn(lab) };
      console.log(`beside merges: ${JSON.stringify(figures)}`);

      // One more start of each carries what its last session left to it.
      for (const place of managed())
        expect(await lab.run(["claude", "--version"], { env: { CLAUTH_PROFILE: place } })).toMatchObject({
          code: 0,
        });
      for (const [path, document] of documents(lab)) {
        const wanted = [
          ...Object.entries(kept).map(([key, value]) => ({ key: [key], value })),
          ...merged.last,
        ];
        const missing = wanted.filter(({ key, value }) => valueAt(document, key) !== value);
        expect({ path, missing }).toEqual({ path, missing: [] });
        const projects = document["projects"];
        expect(isObject(projects) && Object.keys(projects)).toEqual(expect.arrayContaining(projectsOf(lab)));
      }
      expect(deletionsIn(lab)).toEqual([]);
      const transcripts = textsIn(join(lab.home, ".claude", "projects"));
      for (const prompt of prompts)
        expect({ prompt, in: transcripts.filter((text) => text.includes(prompt)).length }).toEqual({
          prompt,
          in: 1,
        });
    });
  },
  [NEWEST_CLAUDE],
);

/** @returns keys of home's document that nobody touches */
function setUp(lab: Lab): JsonObject {
  for (const [name, account] of Object.entries(PROFILES)) lab.addProfile(name, { account });
  for (const [index, name] of MERGERS.entries()) lab.addProfile(name, { account: `M${index}` });
  lab.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
  const projects = Object.fromEntries(projectsOf(lab).map((path) => [path, trusted]));
  const kept = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`kept${index}`, index]));
  lab.write(".claude.json", JSON.stringify({ hasCompletedOnboarding: true, projects, ...kept }), 0o600);
  for (const path of projectsOf(lab)) lab.write(join(path, "README.md"), "");
  return kept;
}

function projectsOf(lab: Lab): readonly string[] {
  return PLACES.map((_, index) => join(lab.home, `project${index}`));
}

/** One user, who opens claude, says a few things and closes it, once or until the time is up. */
async function live(lab: Lab, place: Place, index: number): Promise<readonly string[]> {
  const cwd = join(lab.home, `project${index}`);
  const token = `sk-ant-oat01-fake${place === "system" ? "H" : PROFILES[place]}`;
  const prompts: string[] = [];
  const end = performance.now() + SECONDS * 1000;
  do {
    const pty = openPty(lab.network.inside(["claude"], cwd), {
      cwd,
      env: { ...lab.env, CLAUTH_PROFILE: place },
    });
    try {
      await pty.shows("for agents", 0, PATIENCE_MS);
      for (let count = 0; count < 3; count++) {
        const prompt = `user ${index} says thing ${prompts.length}.`;
        const before = pty.output().length;
        pty.type(prompt);
        await pty.shows(prompt, before, PATIENCE_MS);
        pty.type("\r");
        prompts.push(prompt);
        // Not what the terminal shows, which is drawn anew at any time.
        await waitFor(
          `the reply to ${prompt}`,
          () => repliesTo(lab, cwd, token) === prompts.length,
          PATIENCE_MS,
        );
      }
      pty.type("/exit");
      await pty.shows("/exit", 0, PATIENCE_MS);
      pty.type("\r");
      expect(await pty.exited).toEqual({ code: 0, signal: null });
    } finally {
      pty.close();
    }
  } while (performance.now() < end);
  return prompts;
}

/** How many replies the transcripts of a project hold. */
function repliesTo(lab: Lab, cwd: string, token: string): number {
  const directory = join(lab.home, ".claude", "projects", cwd.replace(/[^A-Za-z0-9]/g, "-"));
  return textsIn(directory).join("").split(`mock-reply to ${token}"`).length - 1;
}

type Written = { readonly key: readonly string[]; readonly value: number };

/** How many values were written, and what has to stand in the end. */
type Merged = { readonly values: number; readonly last: readonly Written[] };

/**
 * Sessions of profiles of their own, whose documents change while their passes carry that home, from where the shims of the others
 * carry it on: each time a new key, one in an entry that the claudes write as well, and a count that is written over again.
 */
async function mergeUntil(lab: Lab, isOver: () => boolean): Promise<Merged> {
  const sessions = MERGERS.map((name) => openMerger(lab, name));
  const last = new Map<string, Written>();
  let writes = 0;
  const writing = setInterval(() => {
    for (const { places } of sessions) {
      for (const one of write(lab, places.profile, places.treeJson, writes)) last.set(one.key.join(), one);
      writes += 1;
    }
  }, WRITE_EVERY_MS);
  while (!isOver()) {
    for (const session of sessions) await livePass(session, { moment: "running", quiet: () => false });
    await Bun.sleep(REST_MS);
  }
  clearInterval(writing);
  for (const session of sessions) expect(await finalize(session, undefined)).toEqual([]);
  return { values: writes * 3, last: [...last.values()] };
}

function openMerger(lab: Lab, name: string): Session {
  return openSession(
    { home: lab.home, cwd: lab.home, env: {}, executable: process.execPath },
    {
      store: storeOf({ env: {}, home: lab.home }),
      name: parseProfileName(name),
      config: parseProfileConfig("", "config.toml"),
      overlay: {},
    },
  );
}

/** As Claude Code does where it can't have the lock: a new file in the place of the old one. */
function write(lab: Lab, name: string, path: string, serial: number): readonly Written[] {
  const document = lab.json(path);
  const project = join(lab.home, `project${serial % PLACES.length}`);
  const projects = document["projects"];
  const entry = isObject(projects) ? ownValue(projects, project) : undefined;
  const changed = {
    ...document,
    [`merged${serial}`]: serial,
    [`count-${name}`]: serial,
    projects: {
      ...(isObject(projects) && projects),
      [project]: { ...(isObject(entry) && entry), [`merged${serial}`]: serial },
    },
  };
  renameSync(lab.write(`${path}.tmp`, JSON.stringify(changed), 0o600), path);
  return [[`merged${serial}`], [`count-${name}`], ["projects", project, `merged${serial}`]].map((key) => ({
    key,
    value: serial,
  }));
}

function valueAt(document: JsonObject, key: readonly string[]): Json | undefined {
  return key.reduce<Json | undefined>(
    (value, name) => (isObject(value) ? ownValue(value, name) : undefined),
    document,
  );
}

/** By all shims, into either side. */
function mergesIn(lab: Lab): number {
  return lab.read(storeOf({ env: {}, home: lab.home }).log).split(" claude.json: merged into ").length - 1;
}

function managed(): readonly string[] {
  return [...Object.keys(PROFILES), ...MERGERS];
}

function documents(lab: Lab): readonly (readonly [string, JsonObject])[] {
  const trees = managed().map((name) => lab.profile(name, "runtime/.claude.json"));
  return [".claude.json", ...trees].map((path) => [path, lab.json(path)]);
}

/** Every deletion that was carried is in the profile's conflicts.jsonl. */
function deletionsIn(lab: Lab): readonly string[] {
  return (
    managed()
      .map((name) => lab.profile(name, "backups"))
      // One that nothing was kept for has none.
      .filter((directory) => existsSync(directory))
      .flatMap((directory) =>
        readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => join(directory, name)),
      )
      .filter((path) => path.endsWith("conflicts.jsonl"))
      .flatMap((path) => lab.read(path).split("\n"))
      .filter((line) => /"(kept\d+|merged\d+|count-)/.test(line))
  );
}

function textsIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => readFileSync(join(directory, name), "utf8"));
}

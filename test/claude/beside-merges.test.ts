import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject, type JsonObject } from "../../src/json.ts";
import { storeOf } from "../../src/paths.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { livePass } from "../../src/reconcile/live-pass.ts";
import { finalize } from "../../src/session/finalize.ts";
import { openSession } from "../../src/session/open.ts";
import { NEWEST_CLAUDE } from "../support/claude-install.ts";
import { describeClaude, type Lab } from "../support/claude-lab.ts";
import { credentialsText } from "../support/claude-login.ts";
import { openPty } from "../support/pty.ts";
import { waitFor } from "../support/wait-for.ts";

/** CLAUTH_TUI_SECONDS=600 lets them start, work and end again for ten minutes. */
const SECONDS = Number(process.env["CLAUTH_TUI_SECONDS"] ?? 0);

/** Eight real Claudes on two cores. */
const PATIENCE_MS = 120_000;

/** Each is looked for at the end. */
const VALUES_A_WRITE = 10;

const PROFILES = { alpha: "A", beta: "B", gamma: "C" } as const;
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
      const figures = { prompts: prompts.length, values: Object.keys(merged).length, merges: mergesIn(lab) };
      console.log(`beside merges: ${JSON.stringify(figures)}`);

      // One more start of each carries what its last session left to it.
      for (const place of Object.keys(PROFILES))
        expect(await lab.run(["claude", "--version"], { env: { CLAUTH_PROFILE: place } })).toMatchObject({
          code: 0,
        });
      for (const document of documents(lab)) {
        const missing = Object.entries({ ...kept, ...merged }).filter(
          ([key, value]) => document[key] !== value,
        );
        expect(missing).toEqual([]);
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
  lab.addProfile("merger", { account: "M" });
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

/**
 * A session of a profile of its own, whose document changes as fast as its passes carry that home, from where the shims of the
 * others carry it on.
 */
async function mergeUntil(lab: Lab, isOver: () => boolean): Promise<JsonObject> {
  const store = storeOf({ env: {}, home: lab.home });
  const request = {
    store,
    name: parseProfileName("merger"),
    config: parseProfileConfig("", "config.toml"),
    overlay: {},
  };
  const session = openSession({ home: lab.home, cwd: lab.home, env: {} }, request);
  const merged: Record<string, number> = {};
  for (let count = 0; !isOver(); count += VALUES_A_WRITE) {
    const values = Array.from({ length: VALUES_A_WRITE }, (_, index) => [
      `merged${count + index}`,
      count + index,
    ]);
    const { treeJson } = session.places;
    lab.write(treeJson, JSON.stringify({ ...lab.json(treeJson), ...Object.fromEntries(values) }));
    Object.assign(merged, Object.fromEntries(values));
    await livePass(session, { moment: "running", quiet: () => false });
  }
  expect(await finalize(session, undefined)).toEqual([]);
  return merged;
}

/** By all shims, into either side. */
function mergesIn(lab: Lab): number {
  return lab.read(storeOf({ env: {}, home: lab.home }).log).split(" claude.json: merged into ").length - 1;
}

function documents(lab: Lab): readonly JsonObject[] {
  const trees = Object.keys(PROFILES).map((name) => lab.profile(name, "runtime/.claude.json"));
  return [".claude.json", ...trees].map((path) => lab.json(path));
}

/** Every deletion that was carried is in the profile's conflicts.jsonl. */
function deletionsIn(lab: Lab): readonly string[] {
  const names = [...Object.keys(PROFILES), "merger"].map((name) => lab.profile(name, "backups"));
  return names
    .flatMap((directory) =>
      readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => join(directory, name)),
    )
    .filter((path) => path.endsWith("conflicts.jsonl"))
    .flatMap((path) => lab.read(path).split("\n"))
    .filter((line) => /"(kept|merged)\d+"/.test(line));
}

function textsIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => readFileSync(join(directory, name), "utf8"));
}

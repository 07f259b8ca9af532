import { expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { isShown } from "../support/link-mode.ts";
import { fileAppears, waitFor } from "../support/wait-for.ts";

test("eight sessions that start at once all run, and leave one tree and no record", async () => {
  using box = createFakeSandbox();
  const calls = Array.from({ length: 8 }, () => box.call([], { profile: "work" }));
  for (const { code, stderr, report } of await Promise.all(calls)) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(report.env["CLAUDE_CONFIG_DIR"]).toBe(box.profile("work", "runtime"));
  }
  // A release waits 250 ms for the state lock: on a busy machine a record may stay, which the next open takes away.
  await box.call([], { profile: "work" });
  expect(readdirSync(box.profile("work", "sessions"))).toEqual([]);
  expect(unfinished(box)).toEqual([]);
});

test("edits of sessions in two profiles all reach the user's .claude.json", async () => {
  using box = createFakeSandbox();
  box.addProfile("private", { account: "P" });
  const keys = Array.from({ length: 8 }, (_, index) => `edited${index}`);
  const runs = keys.map(
    (key, index) =>
      box.begin([], {
        profile: index % 2 === 0 ? "work" : "private",
        steps: [{ do: "set", key, value: index }],
      }).finished,
  );
  for (const finished of await Promise.all(runs)) expect(finished).toMatchObject({ code: 0 });
  // The last session of each profile carries what a sibling left; one more call of each sees all of it.
  for (const profile of ["work", "private"]) await box.call([], { profile });
  expect(box.json(".claude.json")).toMatchObject(Object.fromEntries(keys.map((key, index) => [key, index])));
  expect(box.json(box.profile("private", "runtime/.claude.json"))).toMatchObject({ edited0: 0, edited7: 7 });
});

const PROFILES = ["work", "private", "third"] as const;

test("a key of one profile is merged once into each of two others, and nobody answers", async () => {
  using box = createFakeSandbox();
  for (const profile of PROFILES.slice(1)) box.addProfile(profile, { account: profile });
  const at = (name: string) => join(box.root, name);
  const inTrees = (key: string) => () =>
    PROFILES.every((profile) => {
      const path = box.profile(profile, "runtime/.claude.json");
      return existsSync(path) && key in box.json(path);
    });
  const merges = () =>
    box.read(".clauth/log/clauth.log").match(/\w+: claude\.json: merged into \w+$/gm) ?? [];
  const edit = { do: "set", key: "edited", value: true } as const;
  const runs = PROFILES.map((profile) => {
    const steps = profile === "work" ? ([{ do: "wait", for: at("may-edit") }, edit] as const) : [];
    return box.begin([], { profile, steps: [...steps, { do: "wait", for: at("may-end") }] }).finished;
  });
  await waitFor("three sessions", () =>
    PROFILES.every((profile) => existsSync(box.profile(profile, "reconcile.lock"))),
  );
  // Whoever carries it watches.
  box.write(".claude.json", JSON.stringify({ ...box.json(".claude.json"), ready: true }));
  await waitFor("the first key", inTrees("ready"));
  await waitFor("its three merges", () => merges().length === 3);
  box.write(at("may-edit"), "");
  await waitFor("the second key", inTrees("edited"));
  box.write(at("may-end"), "");
  for (const finished of await Promise.all(runs)) expect(finished).toMatchObject({ code: 0 });
  expect(merges().slice(3).sort()).toEqual([
    "private: claude.json: merged into tree",
    "third: claude.json: merged into tree",
    "work: claude.json: merged into home",
  ]);
});

test("the session that outlives the one in charge carries on what happens then", async () => {
  using box = createFakeSandbox();
  const credentials = credentialsText({ account: "W", generation: 2 });
  const at = (name: string) => join(box.root, name);
  const first = box.begin([], { profile: "work", steps: [{ do: "wait", for: at("first-may-end") }] });
  await waitFor("the first session", () => records(box) === 1);
  const second = box.begin([], {
    profile: "work",
    steps: [
      { do: "wait", for: at("second-may-refresh") },
      { do: "refresh", credentials },
      { do: "wait", for: at("second-may-end") },
    ],
  });
  await waitFor("the second session", () => records(box) === 2);
  box.write(at("first-may-end"), "");
  await first.finished;

  box.write(at("second-may-refresh"), "");
  await waitFor("the token", () => box.read(box.profile("work", "credentials.json")) === credentials);
  box.write(at("second-may-end"), "");
  expect(await second.finished).toMatchObject({ code: 0 });
  const inTree = box.profile("work", "runtime/.credentials.json");
  expect(isShown(inTree, box.profile("work", "credentials.json"))).toBe(true);
});

test("a session whose shim was killed counts as live until its claude ends", async () => {
  using box = createFakeSandbox();
  const [ready, go] = [join(box.root, "ready"), join(box.root, "go")];
  const credentials = credentialsText({ account: "W", generation: 2 });
  const killed = box.begin([], {
    profile: "work",
    steps: [
      { do: "write", path: ready, text: "" },
      { do: "wait", for: go },
      { do: "refresh", credentials },
      { do: "write", path: join(box.root, "done"), text: "" },
    ],
  });
  await fileAppears(ready);
  killed.kill("SIGKILL");
  // A start prunes the records of the dead; this one's lock is held by claude.
  await box.call([], { profile: "work" });
  expect(readdirSync(box.profile("work", "sessions"))).toEqual([expect.stringContaining(`${killed.pid}-`)]);

  box.write(go, "");
  await fileAppears(join(box.root, "done"));
  await killed.finished;
  // The next start carries what nobody was left to carry.
  await box.call([], { profile: "work" });
  expect(box.read(box.profile("work", "credentials.json"))).toBe(credentials);
  expect(readdirSync(box.profile("work", "sessions"))).toEqual([]);
});

function records(box: FakeSandbox): number {
  return existsSync(box.profile("work", "sessions"))
    ? readdirSync(box.profile("work", "sessions")).length
    : 0;
}

/** Locks and temp files that nobody took away. */
function unfinished(box: FakeSandbox): string[] {
  return readdirSync(box.home, { recursive: true, encoding: "utf8" }).filter(
    (name) =>
      /\.tmp(\.|$)/.test(name) || (/\.lock$/.test(name) && lstatSync(join(box.home, name)).isDirectory()),
  );
}

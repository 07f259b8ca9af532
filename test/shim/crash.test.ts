import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkpointsOfSession,
  eventfulSandbox,
  expectedOutcome,
  letTimePass,
  outcome,
  startEventful,
  startFromSource,
} from "../support/eventful-session.ts";
import { fakeSteps } from "../support/fake-claude.ts";
import { isAlive } from "../support/processes.ts";
import { fileAppears, waitFor } from "../support/wait-for.ts";

/**
 * Each checkpoint that one eventful session reaches is tried: kill -9 there, let claude end, start again, and nothing is lost. Some
 * 200 starts, which take a minute on two cores, and several where these have other work.
 */
setDefaultTimeout(600_000);

test("an eventful session that nobody disturbs carries everything", async () => {
  using box = eventfulSandbox();
  expect(await startEventful(box, {}).finished).toMatchObject({ code: 0, signal: null });
  expect(outcome(box)).toEqual(expectedOutcome(box));
});

test("kill -9 at any checkpoint loses nothing, and the next start repairs the store by itself", async () => {
  const checkpoints = await checkpointsOfSession();
  expect(checkpoints.length).toBeGreaterThan(10);
  for (const [index, name] of checkpoints.entries()) {
    using box = eventfulSandbox();
    const killed = await startEventful(box, { CLAUTH_TEST_KILL_AT: String(index + 1) }).finished;
    const at = `${name} (${index + 1} of ${checkpoints.length})`;
    // The order of what runs beside claude is not fixed: a shorter run may end before that many checkpoints.
    if (killed.signal !== "SIGKILL") continue;
    const later = letTimePass(box);
    const again = await box.run(["claude"], { env: { CLAUTH_PROFILE: "work", ...later } });
    expect({ at, code: again.code, stderr: again.stderr }).toMatchObject({ at, code: 0 });
    expect({ at, ...outcome(box) }).toEqual({ at, ...expectedOutcome(box) });
  }
});

test("kill -9 while a burst is waited for leaves files that only we can read, and the next start sweeps them", async () => {
  using box = eventfulSandbox();
  chmodSync(join(box.home, ".claude.json"), 0o600);
  const [up, go] = [join(box.root, "up"), join(box.root, "go")];
  const running = startFromSource(box, {
    CLAUTH_TEST_KILL_AT: "claude.json:written-beforehand",
    ...fakeSteps({ do: "write", path: up, text: "" }, { do: "wait", for: go }),
  });
  await fileAppears(up);
  const inTree = (name: string) => box.profile("work", `runtime/${name}`);
  writeFileSync(inTree("keybindings.json"), "{}");
  // The last that a pass carries, and whoever does watches.
  await fileAppears(join(box.home, ".claude", "keybindings.json"));
  replaceFile(
    inTree(".claude.json"),
    JSON.stringify({ ...box.json(inTree(".claude.json")), tipsHistory: {} }),
  );
  await waitFor("the kill", () => !isAlive(running.pid));
  const { leftovers } = outcome(box);
  expect(leftovers.length).toBe(2);
  for (const name of leftovers) expect(statSync(join(box.home, name)).mode & 0o777).toBe(0o600);
  expect(box.json(".claude.json")).not.toHaveProperty("tipsHistory");
  writeFileSync(go, "");
  expect(await running.finished).toMatchObject({ signal: "SIGKILL" });
  const again = await box.run(["claude"], { env: { CLAUTH_PROFILE: "work", ...letTimePass(box) } });
  expect(again).toMatchObject({ code: 0 });
  expect(box.json(".claude.json")).toHaveProperty("tipsHistory");
  expect(outcome(box).leftovers).toEqual([]);
});

/** As Claude Code does. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import {
  checkpointsOfSession,
  type EventfulSandbox,
  eventfulSandbox,
  expectedOutcome,
  letTimePass,
  outcome,
  REFRESHED,
  startEventful,
} from "../support/eventful-session.ts";
import { stateOf } from "../support/processes.ts";
import type { Running } from "../support/sandbox.ts";
import { setClock, steppedClock } from "../support/stepped-clock.ts";
import { waitFor } from "../support/wait-for.ts";

/**
 * Each checkpoint that one eventful session reaches is tried: the shim is stopped there for longer than any lock of Claude's counts,
 * while others go on, and the clock is hours off when it is continued, as after a laptop's sleep. Nothing of anybody is lost.
 */
setDefaultTimeout(600_000);

const REFRESHED_AGAIN = credentialsText({ account: "W", generation: 3 });

test("a shim that is stopped at any checkpoint, with the clock set meanwhile, writes over nobody", async () => {
  const checkpoints = await checkpointsOfSession();
  const stops = checkpoints.flatMap((name, index) => stepsAt(index).map((hours) => ({ name, index, hours })));
  let tried = 0;
  // Most of its time is waiting.
  for (let from = 0; from < stops.length; from += 4) {
    const batch = stops.slice(from, from + 4).map((stop) => tryStop(stop, checkpoints));
    tried += (await Promise.all(batch)).filter(Boolean).length;
  }
  console.log(`suspended: ${tried} stops, 0 lost`);
  expect(tried).toBeGreaterThan(50);
});

type Stop = { readonly name: string; readonly index: number; readonly hours: number };

/** @returns false where the session ended before that many checkpoints: the order of what runs beside claude is not fixed */
async function tryStop({ name, index, hours }: Stop, checkpoints: readonly string[]): Promise<boolean> {
  using box = eventfulSandbox();
  const at = `${name} (${index + 1} of ${checkpoints.length}), ${hours} hours`;
  const clock = join(box.root, "clock");
  setClock(clock, 0);
  const running = startEventful(box, { CLAUTH_TEST_STOP_AT: String(index + 1), ...steppedClock(clock) });
  const isStopped = await stopped(running);
  let theirs = {};
  if (isStopped) {
    letTimePass(box);
    if (index >= checkpoints.indexOf("spawned")) await waitFor("claude's last step", box.ended);
    theirs = othersWrite(box);
    setClock(clock, hours);
    running.kill("SIGCONT");
  }
  const { code, stderr } = await running.finished;
  expect({ at, code, stderr }).toEqual({ at, code: 0, stderr: expect.not.stringMatching(RAW) });
  const again = await box.run(["claude"], { env: { CLAUTH_PROFILE: "work" } });
  expect({ at, code: again.code, stderr: again.stderr }).toEqual({ at, code: 0, stderr: "" });
  expect({ at, ...outcome(box) }).toEqual({ at, ...expectedOutcome(box), ...theirs });
  const outside = box.json(".claude.json")["outside"] ?? false;
  expect({ at, outside }).toEqual({ at, outside: isStopped });
  return isStopped;
}

/** A clock that is behind takes longer: locks that the others left look fresh. CLAUTH_FAULTS=all sets it both ways at each checkpoint. */
function stepsAt(index: number): readonly number[] {
  if (process.env["CLAUTH_FAULTS"] === "all") return [8, -8];
  return index % 4 === 3 ? [-8] : [8];
}

/** What no user should read. */
const RAW = /\bE(NOENT|EXIST|IO|ACCES|PERM|BUSY)\b|unexpected|internal|sk-ant/;

async function stopped(running: Running): Promise<boolean> {
  let isOver = false;
  running.finished.finally(() => {
    isOver = true;
  });
  const came = await waitFor("the stop", () => (isOver ? "end" : stateOf(running.pid) === "T" && "stop"));
  return came === "stop";
}

/**
 * What plain claude and another session do meanwhile, with locks that they took from the stopped one.
 * @returns what of the outcome is theirs
 */
function othersWrite(box: EventfulSandbox): Partial<ReturnType<typeof outcome>> {
  replace(join(box.home, ".claude.json"), JSON.stringify({ ...box.json(".claude.json"), outside: true }));
  if (!box.ended()) return {};
  box.write(".claude/settings.json", JSON.stringify({ ...box.json(".claude/settings.json"), outside: true }));
  const login = box.profile("work", "runtime/.credentials.json");
  expect(readFileSync(login, "utf8")).toBe(REFRESHED);
  replace(login, REFRESHED_AGAIN);
  return { canonical: JSON.parse(REFRESHED_AGAIN), settings: { theme: "light", outside: true } };
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.tmp.1.abc`, text, { mode: 0o600 });
  renameSync(`${path}.tmp.1.abc`, path);
}

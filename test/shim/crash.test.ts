import { expect, setDefaultTimeout, test } from "bun:test";
import {
  checkpointsOfSession,
  eventfulSandbox,
  expectedOutcome,
  letTimePass,
  outcome,
  startEventful,
} from "../support/eventful-session.ts";

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

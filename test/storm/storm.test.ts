import { expect, setDefaultTimeout, test } from "bun:test";
import { runStorm } from "./storm.ts";

/** `CLAUTH_STORM_SEED=N` repeats a storm's plan; `bun run soak -- --minutes 30 --seed N` is the long form. */
const seed = Number(process.env["CLAUTH_STORM_SEED"] ?? Date.now() % 1_000_000);

setDefaultTimeout(180_000);

test("sixteen users, three profiles, kills, stops and odd clocks: nothing that was acknowledged is lost", async () => {
  const { figures, lost, violations, kept } = await runStorm({
    seed,
    starts: 400,
    milliseconds: 30_000,
    workers: 16,
  });
  console.log(`storm: ${JSON.stringify(figures)}`);
  expect({ seed, kept, lost, violations }).toEqual({ seed, kept: undefined, lost: [], violations: [] });
  expect(figures["acknowledged"]).toBeGreaterThan(100);
});

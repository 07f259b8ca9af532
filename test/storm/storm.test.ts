import { expect, setDefaultTimeout, test } from "bun:test";
import { runStorm } from "./storm.ts";

/** The short form of `bun run soak -- --minutes 30 --seed N`; CLAUTH_STORM_SEED=N repeats one. It ends late on a busy machine, never with another verdict. */
const seed = Number(process.env["CLAUTH_STORM_SEED"] ?? Date.now() % 1_000_000);

setDefaultTimeout(300_000);

test("twelve users, three profiles, kills, stops, and a clock that steps by hours: nothing that was acknowledged is lost", async () => {
  const { figures, lost, violations, kept } = await runStorm({ seed, starts: 200, milliseconds: 20_000 });
  console.log(`storm: ${JSON.stringify(figures)}`);
  expect({ seed, kept, lost, violations }).toEqual({ seed, kept: undefined, lost: [], violations: [] });
  expect(figures["acknowledged"]).toBeGreaterThan(0);
});

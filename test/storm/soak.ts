import { parseArgs } from "node:util";

/**
 * `bun run soak -- --minutes 30 --seed 7 --mode copy`: the storm for as long as it is let, in trees of symlinks, of junctions or of
 * copies. With `--weather full` or `--weather read-only`, called by `unshare --mount`, the disk takes nothing every now and then.
 * Prints its figures, and ends with 1 where anything is lost.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    starts: { type: "string", default: "Infinity" },
    workers: { type: "string", default: "12" },
    mode: { type: "string", default: "symlink" },
    weather: { type: "string" },
  },
});

// Loaded by then, the tests' support goes by it.
process.env["CLAUTH_LINK_MODE"] = values.mode;
const { runStorm } = await import("./storm.ts");
const weather = (["full", "read-only"] as const).find((one) => one === values.weather);
const report = await runStorm({
  seed: Number(values.seed),
  starts: Number(values.starts),
  milliseconds: Number(values.minutes) * 60_000,
  workers: Number(values.workers),
  ...(weather !== undefined && { weather }),
  progress: (text) => console.error(text),
});
console.log(JSON.stringify(report, null, 2));
process.exit(report.kept === undefined ? 0 : 1);

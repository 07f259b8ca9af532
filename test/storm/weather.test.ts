import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

/** The storm on a disk that takes nothing every now and then, each in mounts of its own. */
const NAMESPACE = ["unshare", "--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])];
const canMount = Bun.which("unshare") !== null && Bun.spawnSync([...NAMESPACE, "true"]).exitCode === 0;
const seed = process.env["CLAUTH_STORM_SEED"] ?? String(Date.now() % 1_000_000);

setDefaultTimeout(300_000);

test.skipIf(!canMount).each([
  ["a store that is full now and then", "full"],
  ["a home that is read-only now and then", "read-only"],
])("%s: nothing that was acknowledged is lost, and every refusal has its cure", async (_, weather) => {
  const soak = [process.execPath, join(import.meta.dir, "soak.ts"), "--minutes", "0.15", "--seed", seed];
  const child = Bun.spawn(
    [...NAMESPACE, ...soak, "--weather", weather, "--mode", process.env["CLAUTH_LINK_MODE"] ?? "symlink"],
    {
      stdout: "pipe",
      stderr: "ignore",
    },
  );
  const report = JSON.parse(await child.stdout.text());
  console.log(`storm, ${weather}: ${JSON.stringify(report.figures)}`);
  expect(report).toMatchObject({ lost: [], violations: [] });
  expect(report.figures.badWeather).toBeGreaterThan(0);
  expect(report.figures.refused).toBeGreaterThan(0);
  expect(await child.exited).toBe(0);
});

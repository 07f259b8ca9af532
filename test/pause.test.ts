import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pause } from "../src/pause.ts";
import { setClock, steppedClock } from "./support/stepped-clock.ts";

test.each([0, 0.5, 5, 30])("%d ms are that long at least", (milliseconds) => {
  const before = performance.now();
  pause(milliseconds);
  expect(performance.now() - before).toBeGreaterThanOrEqual(milliseconds);
});

test("a clock that is hours behind the one of the kernel's timers makes no pause longer", () => {
  const directory = mkdtempSync(join(tmpdir(), "clauth-pause-"));
  try {
    const clock = join(directory, "clock");
    setClock(clock, 9);
    const script = `import { pause } from ${JSON.stringify(join(import.meta.dir, "..", "src", "pause.ts"))}; pause(20);`;
    const { exitCode, exitedDueToTimeout } = Bun.spawnSync([process.execPath, "-e", script], {
      env: { ...process.env, ...steppedClock(clock) },
      timeout: 20_000,
    });
    expect({ exitCode, exitedDueToTimeout: exitedDueToTimeout ?? false }).toEqual({
      exitCode: 0,
      exitedDueToTimeout: false,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

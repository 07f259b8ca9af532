import { appendFileSync } from "node:fs";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";

/**
 * Loaded by `bun --preload`, from source alone. `CLAUTH_TEST_CHECKPOINTS` names a file to which the name of each
 * checkpoint is added as it is reached; `CLAUTH_TEST_KILL_AT=N` kills the process at the Nth of them (counted from
 * 1), or the first of that name, with SIGKILL, as a power cut would; `CLAUTH_TEST_STOP_AT=N` stops it there until somebody continues it.
 */
const trail = process.env["CLAUTH_TEST_CHECKPOINTS"];
const killAt = process.env["CLAUTH_TEST_KILL_AT"];
const stopAt = Number(process.env["CLAUTH_TEST_STOP_AT"]);
let reached = 0;

testOnlyArmCheckpoints((name) => {
  reached += 1;
  if (trail !== undefined) appendFileSync(trail, `${name}\n`);
  if (killAt === name || killAt === String(reached)) process.kill(process.pid, "SIGKILL");
  if (reached === stopAt) process.kill(process.pid, "SIGSTOP");
});

import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";

/**
 * Loaded by `bun --preload`, from source alone: the process kills itself with SIGKILL at the checkpoint that
 * `CLAUTH_TEST_CHECKPOINT` names, as a power cut would, and at no other.
 */
const target = process.env["CLAUTH_TEST_CHECKPOINT"];

testOnlyArmCheckpoints((name) => {
  if (name === target) process.kill(process.pid, "SIGKILL");
});

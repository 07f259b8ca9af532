import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram } from "../support/compiled-program.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";

setDefaultTimeout(30_000);

/** What flock(2) answers on NFS without a lock server, on a file system without the call, and on a broken mount. */
const ANSWERS = { ENOLCK: 37, ENOSYS: 38, EIO: 5 } as const;

/** Runs a command to which the kernel gives that answer. */
function withoutFlock(box: FakeSandbox, errno: number, argv: readonly string[]) {
  const program = compiledProgram(join(import.meta.dir, "..", "support", "no-flock.c"));
  const env = { CLAUTH_PROFILE: "work", CLAUTH_ERROR_FORMAT: "json" };
  return box.run([program, String(errno), ...argv], { env });
}

test.each(Object.entries(ANSWERS))(
  "a start is refused where flock answers %s, and nothing is carried",
  async (_name, errno) => {
    using box = createFakeSandbox();
    const { code, stderr } = await withoutFlock(box, errno, ["claude"]);
    const { error } = JSON.parse(stderr);
    expect(code).toBe(125);
    expect(error).toMatchObject({
      kind: "lock_unavailable",
      retry_safe: false,
      path: box.profile("work", "rotation.lock"),
    });
    expect(error.message).not.toMatch(/\bE[A-Z]{3,}\b/);
    expect(existsSync(box.profile("work", "runtime"))).toBe(false);
  },
);

test("what would change a profile is refused too, doctor says why, and what only reads works", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  for (const argv of [
    ["remove", "work"],
    ["rename", "work", "other"],
    ["add", "new"],
    ["login", "work"],
  ]) {
    const { code, stderr } = await withoutFlock(box, ANSWERS.ENOLCK, ["clauth", ...argv]);
    expect({ argv, code, kind: JSON.parse(stderr).error.kind }).toEqual({
      argv,
      code: 1,
      kind: "lock_unavailable",
    });
  }
  const doctor = await withoutFlock(box, ANSWERS.ENOLCK, ["clauth", "doctor", "--json"]);
  expect(doctor.code).toBe(1);
  expect(JSON.parse(doctor.stdout)).toContainEqual(
    expect.objectContaining({
      check: "locks",
      level: "problem",
      hint: "set CLAUTH_HOME to a directory on a local disk",
    }),
  );
  for (const verb of ["list", "sessions", "which", "backups"])
    expect((await withoutFlock(box, ANSWERS.ENOLCK, ["clauth", verb])).code).toBe(0);
});

test("a session counts as living where its lock can't be checked, though the same lock is free", async () => {
  using box = createFakeSandbox();
  box.write(box.profile("work", "sessions/999999-dead"), "", 0o600);
  const argv = ["clauth", "sessions", "--json"];
  expect(JSON.parse((await box.run(argv)).stdout)).toMatchObject([{ profile: "work", live: false }]);
  const { stdout } = await withoutFlock(box, ANSWERS.ENOLCK, argv);
  expect(JSON.parse(stdout)).toMatchObject([{ profile: "work", live: true }]);
});

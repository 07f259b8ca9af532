import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dir, "..", "..");
const SHELLCHECK = Bun.which("shellcheck");

test.skipIf(SHELLCHECK === null)("the shell scripts pass shellcheck", () => {
  const parts = readdirSync(join(REPOSITORY, "scripts")).filter((name) => name.endsWith(".sh"));
  const scripts = [
    "install.sh",
    ".ci/run",
    "test/windows/wine.sh",
    ...parts.map((name) => join("scripts", name)),
  ];
  const checked = Bun.spawnSync([SHELLCHECK ?? "", "-x", ...scripts], { cwd: REPOSITORY });
  expect(checked.stdout.toString()).toBe("");
  expect(checked.exitCode).toBe(0);
});

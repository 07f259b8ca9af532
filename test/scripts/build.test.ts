import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../scripts/build.ts";
import { isShim } from "../../src/own-executable.ts";
import { SHIM_MARKER } from "../../src/shim-marker.ts";

let root: string;
let executable: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "clauth-build-"));
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src/late.ts"), 'export const late = "late";\n');
  writeFileSync(
    join(root, "src/main.ts"),
    'console.log(process.argv0, process.env["FROM_DOTENV"] ?? "clean", (await import("./late.ts")).late);\n',
  );
  executable = await build({ entry: join(root, "src/main.ts"), outfile: join(root, "out/clauth") });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("the executable reads and executes nothing of the directory it starts in", () => {
  const cwd = join(root, "hostile");
  mkdirSync(cwd);
  writeFileSync(join(cwd, ".env"), "FROM_DOTENV=hostile\n");
  writeFileSync(join(cwd, ".env.local"), "FROM_DOTENV=hostile\n");
  writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./evil.ts"]\n');
  writeFileSync(join(cwd, "evil.ts"), 'require("node:fs").writeFileSync("executed", "");\n');
  writeFileSync(join(cwd, "tsconfig.json"), "not JSON");
  writeFileSync(join(cwd, "package.json"), "not JSON");
  const child = Bun.spawnSync([executable], { cwd, env: {} });
  expect(child.stderr.toString()).toBe("");
  expect(child.stdout.toString()).toBe(`${executable} clean late\n`);
  expect(existsSync(join(cwd, "executed"))).toBe(false);
});

test.skipIf(process.platform === "darwin")(
  "the executable ends in the marker by which another build knows it",
  async () => {
    const file = Bun.file(executable);
    expect(await file.slice(file.size - SHIM_MARKER.length - 2).text()).toBe(`\n${SHIM_MARKER}\n`);
    expect(isShim(executable, { executable: process.execPath })).toBe(true);
  },
);

test("nothing but the executable is left where it was built", () => {
  expect(readdirSync(join(root, "out"))).toEqual(["clauth"]);
});

test("a program that does not compile is an error", async () => {
  writeFileSync(join(root, "src/broken.ts"), 'import "./missing.ts";\n');
  const failing = build({ entry: join(root, "src/broken.ts"), outfile: join(root, "broken/clauth") });
  await expect(failing).rejects.toThrow("Bundle failed");
});

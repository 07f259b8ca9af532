import { afterAll, expect, test } from "bun:test";
import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { compiledShim } from "./compiled-shim.ts";
import { createSandbox } from "./sandbox.ts";

const box = createSandbox({ claude: "/bin/true" });
afterAll(() => box.close());

test("the environment holds nothing of the developer's", async () => {
  const { stdout } = await box.run(["env"], { env: { ADDED: "yes", TERM: undefined } });
  const names = stdout
    .trim()
    .split("\n")
    .map((line) => line.slice(0, line.indexOf("=")));
  expect(names.sort()).toEqual([...Object.keys(box.env).filter((name) => name !== "TERM"), "ADDED"].sort());
});

test("the shim stands before the claude that it wraps", async () => {
  const { stdout } = await box.run(["sh", "-c", "command -v claude; command -v clauth"]);
  expect(stdout).toBe(`${join(box.store, "bin", "claude")}\n${join(box.store, "bin", "clauth")}\n`);
  expect(realpathSync(join(box.store, "bin", "claude"))).toBe(compiledShim());
});

test("a profile is set up as the store's format has it", () => {
  box.addProfile("work", { account: "A" }, 'base_url = "https://example.test"\n');
  box.addProfile("empty");
  expect(box.read(join(box.store, "profiles.toml"))).toBe('profiles = ["work","empty"]\n');
  expect(box.json(box.profile("work", "credentials.json"))).toMatchObject({
    claudeAiOauth: { refreshToken: "sk-ant-ort01-fakeA" },
  });
  expect(statSync(box.profile("work", "credentials.json")).mode & 0o777).toBe(0o600);
  expect(readdirSync(box.profile("empty", "."))).toEqual([]);
});

test("redacted text is the same in every run", () => {
  const text = `${box.store}/log at 2026-01-02T03:04:05.678Z in ${box.home}/x by pid 4321, ${box.root}`;
  expect(box.redact(text)).toBe("$CLAUTH_HOME/log at <time> in ~/x by pid <pid>, <sandbox>");
});

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";

test("carries home what a killed shim left in the tree", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  const rotated = credentialsText({ account: "W", generation: 2 });
  renameSync(box.write("new", rotated, 0o600), box.profile("work", "runtime/.credentials.json"));
  const tree = box.profile("work", "runtime/.claude.json");
  box.write(tree, JSON.stringify({ ...box.json(tree), mcpServers: { demo: { command: "true" } } }));
  const { code, stdout, stderr } = await box.run(["clauth", "sync", "work"]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(box.read(box.profile("work", "credentials.json"))).toBe(rotated);
  expect(box.json(".claude.json")).toMatchObject({ mcpServers: { demo: { command: "true" } } });
  expect(readdirSync(box.profile("work", "sessions"))).toEqual([]);
});

test("without a name takes every profile, also one that was never opened", async () => {
  using box = createFakeSandbox();
  box.addProfile("fresh");
  box.addProfile("mine", undefined, "home = true\n");
  await box.call([], { profile: "work" });
  box.write(".claude/settings.json", '{"theme":"dark"}');
  expect((await box.run(["clauth", "sync"])).code).toBe(0);
  expect(box.json(box.profile("work", "runtime/settings.json"))).toMatchObject({ theme: "dark" });
});

test("removes from copies what was held back for being so much, where one profile is named", async () => {
  using box = createFakeSandbox();
  const env = { CLAUTH_LINK_MODE: "copy" };
  for (let file = 0; file < 40; file++) box.write(`.claude/agents/${file}.md`, `agent ${file}`);
  const agents = box.profile("work", "runtime/agents");
  // The second finds the clock of the files at rest.
  for (const _ of [1, 2]) await box.call([], { profile: "work", env });
  rmSync(join(box.home, ".claude/agents"), { recursive: true });
  const { stderr } = await box.call([], { profile: "work", env });
  expect(stderr).toContain("to remove them: clauth sync work --removals\n");
  expect(readdirSync(agents)).toHaveLength(40);

  const unnamed = await box.run(["clauth", "sync", "--removals"]);
  expect({ code: unnamed.code, left: readdirSync(agents).length }).toEqual({ code: 2, left: 40 });
  const { code, stderr: said } = await box.run(["clauth", "sync", "work", "--removals"]);
  expect({ code, said, left: existsSync(agents) }).toEqual({ code: 0, said: "", left: false });
});

test("what somebody has to mend fails, with the file and the cure, and stops no other profile", async () => {
  using box = createFakeSandbox();
  box.addProfile("other", { account: "O" });
  for (const profile of ["work", "other"]) await box.call([], { profile });
  const tree = box.profile("work", "runtime/settings.json");
  rmSync(tree);
  mkdirSync(tree);
  box.write(".claude/settings.json", '{"theme":"dark"}');
  const env = { CLAUTH_ERROR_FORMAT: "json" };
  const { code, stdout, stderr } = await box.run(["clauth", "sync"], { env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "").error).toMatchObject({
    kind: "sync_failed",
    retry_safe: false,
    path: tree,
  });
  expect(box.json(box.profile("other", "runtime/settings.json"))).toMatchObject({ theme: "dark" });
});

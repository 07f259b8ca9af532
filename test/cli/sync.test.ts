import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
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

import { expect, setSystemTime, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { fileAppears } from "../support/wait-for.ts";
import { createDesk } from "./call.ts";

test("moves all that was the profile's own to one place, and says where it is still named", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.addProfile("other");
  await desk.clauth(["global", "work"]);
  await desk.clauth(["rule", "add", "github.com/acme/*", "work"]);
  expect(await desk.clauth(["remove", "WORK"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: removed profile "work"
    clauth: all that was its own, its login too, is in ~/.clauth/removed/<time>-work
    clauth: to take it back: clauth backups restore work
    clauth: it is still the default: clauth global --unset
    clauth: a rule still names it: clauth rule remove 'github.com/acme/*'
    "
    ,
      "stdout": "",
    }
  `);
  const [kept = ""] = readdirSync(join(desk.store, "removed"));
  expect(kept).toMatch(/^\d{8}T\d{9}Z-work$/);
  expect(readdirSync(join(desk.store, "removed", kept))).toContain("credentials.json");
  expect(desk.read(".clauth/profiles.toml")).toBe('profiles = ["other"]\n');
  expect((await desk.clauth(["list"])).stdout).not.toContain("work");
});

test("a removed profile is refused afterwards, never replaced by another account", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write("project/.clauthrc", "work\n");
  await desk.clauth(["remove", "work"]);
  expect((await desk.clauth(["which"])).code).toBe(1);
});

test("its login can be taken back", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  await desk.clauth(["remove", "work"]);
  const [kept = ""] = readdirSync(join(desk.store, "removed"));
  const file = join(desk.store, "removed", kept, "credentials.json");
  expect((await desk.clauth(["add", "work", "--import", file])).code).toBe(0);
});

test("what a killed shim left in the tree goes along as the login", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  const rotated = credentialsText({ account: "W", generation: 2 });
  box.write(box.profile("work", "runtime/replaced"), rotated);
  await Bun.$`mv ${box.profile("work", "runtime/replaced")} ${box.profile("work", "runtime/.credentials.json")}`;
  expect((await box.run(["clauth", "remove", "work"])).code).toBe(0);
  const [kept = ""] = readdirSync(join(box.store, "removed"));
  expect(box.read(join(box.store, "removed", kept, "credentials.json"))).toBe(rotated);
});

test("is refused while claude runs, and changes nothing", async () => {
  using box = createFakeSandbox();
  const [started, go] = [join(box.root, "started"), join(box.root, "go")];
  const running = box.begin([], {
    profile: "work",
    steps: [
      { do: "write", path: started, text: "" },
      { do: "wait", for: go },
    ],
  });
  await fileAppears(started);
  for (const verb of [
    ["remove", "work"],
    ["rename", "work", "other"],
    ["backups", "restore", "work", "x"],
  ]) {
    const { code, stderr } = await box.run(["clauth", ...verb]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('claude runs under profile "work"'),
    });
  }
  expect(existsSync(box.profile("work", "credentials.json"))).toBe(true);
  box.write(go, "");
  expect(await running.finished).toMatchObject({ code: 0 });
});

test("is refused while background agents live in the tree", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.write(desk.profile("work", "runtime/daemon.lock"), JSON.stringify({ pid: process.pid }));
  expect(await desk.clauth(["remove", "work"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: background agents of Claude Code run under profile "work"
    hint: clauth run work -- daemon stop --any
    "
    ,
      "stdout": "",
    }
  `);
});

test("a profile that only the list knows is taken off it", async () => {
  using desk = createDesk();
  desk.write(".clauth/profiles.toml", 'profiles = ["ghost"]\n');
  expect((await desk.clauth(["remove", "ghost"])).code).toBe(0);
  expect(desk.read(".clauth/profiles.toml")).toBe("profiles = []\n");
});

test("of a profile without a login of its own none is said to be kept; one made anew is told from it", async () => {
  using desk = createDesk();
  await desk.clauth(["add", "mine", "--home"]);
  expect((await desk.clauth(["remove", "mine"])).stderr).toContain(
    "clauth: all that was its own is in ~/.clauth/removed/",
  );
  expect((await desk.clauth(["add", "mine", "--home"])).stderr).toContain(
    "clauth: one of that name was removed, and is another: clauth backups mine shows it\n",
  );
});

test("two that are removed in one millisecond are both kept", async () => {
  using desk = createDesk();
  setSystemTime(new Date("2026-01-02T03:04:05.678Z"));
  try {
    for (const account of ["A", "B"]) {
      desk.write(desk.profile("work", "credentials.json"), credentialsText({ account }));
      expect(await desk.clauth(["remove", "work"])).toMatchObject({ code: 0 });
    }
  } finally {
    setSystemTime();
  }
  expect(readdirSync(join(desk.store, "removed")).sort()).toEqual([
    "20260102T030405678Z-work",
    "20260102T030405679Z-work",
  ]);
});

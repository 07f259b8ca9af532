import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { isShown } from "../support/link-mode.ts";
import { createDesk } from "./call.ts";

test("the next session finds every link and path right, and nothing names the old tree", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  const old = box.profile("work", "runtime");
  const settings = join(old, "settings.json");
  box.write(
    settings,
    JSON.stringify({ ...box.json(settings), statusLine: { type: "command", command: `${old}/line.sh` } }),
  );
  box.write(
    ".claude/plugins/installed_plugins.json",
    JSON.stringify({ a: { installPath: `${old}/plugins/a` } }),
  );
  box.write(join(old, "jobs/1/state.json"), JSON.stringify({ providerEnv: { CLAUDE_CONFIG_DIR: old } }));
  const { code } = await box.run(["clauth", "rename", "work", "client"]);
  expect(code).toBe(0);
  await box.call([], { profile: "client" });

  const tree = box.profile("client", "runtime");
  expect(isShown(join(tree, ".credentials.json"), box.profile("client", "credentials.json"))).toBe(true);
  expect(box.json(join(tree, "jobs/1/state.json"))).toEqual({ providerEnv: { CLAUDE_CONFIG_DIR: tree } });
  expect(box.json(".claude/settings.json")).toMatchObject({
    statusLine: { command: `${box.home}/.claude/line.sh` },
  });
  expect(existsSync(old)).toBe(false);
  for (const file of [".claude.json", ".claude/settings.json", ".claude/plugins/installed_plugins.json"]) {
    expect(box.read(file)).not.toContain("profiles/");
  }
  const { stdout } = await Bun.$`grep -rl --exclude=clauth.log profiles/work ${box.store}`.nothrow().quiet();
  expect(stdout.toString()).toBe("");
});

test("the old name can be given to a new profile, and each has its own login", async () => {
  using box = createFakeSandbox();
  await box.call([], { profile: "work" });
  expect((await box.run(["clauth", "rename", "work", "client"])).code).toBe(0);
  const shown = box.profile("client", "runtime/.credentials.json");
  expect(isShown(shown, box.profile("client", "credentials.json"))).toBe(true);
  box.addProfile("work", { account: "N" });
  for (const profile of ["work", "client"]) {
    expect(await box.run(["claude"], { env: { CLAUTH_PROFILE: profile } })).toMatchObject({
      code: 0,
      stderr: "",
    });
  }
});

test("clauth.toml and the list follow, comments and order kept", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.addProfile("other");
  desk.write(
    ".clauth/clauth.toml",
    '# mine\ndefault = "work" # always\n\n[[rule]]\ndir = "~/x"\nprofile = "work"\n',
  );
  expect(await desk.clauth(["rename", "work", "client"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: profile "work" is now "client"
    clauth: ~/.clauth/clauth.toml names it so too
    clauth: a .clauthrc that names "work" stops with an error: clauth local client
    "
    ,
      "stdout": "",
    }
  `);
  expect(desk.read(".clauth/clauth.toml")).toMatchInlineSnapshot(`
    "# mine
    default = "client" # always

    [[rule]]
    dir = "~/x"
    profile = "client"
    "
  `);
  expect(desk.read(".clauth/profiles.toml")).toBe('profiles = ["client","other"]\n');
  expect(readdirSync(join(desk.store, "profiles")).sort()).toEqual(["client", "other"]);
});

test("the case alone may change", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  expect((await desk.clauth(["rename", "work", "Work"])).code).toBe(0);
  expect(readdirSync(join(desk.store, "profiles"))).toEqual(["Work"]);
});

test.each([
  ["a name that is taken", "OTHER"],
  ["a verb", "list"],
  ["no name at all", ".hidden"],
])("%s is refused, and changes nothing", async (_, name) => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.addProfile("other");
  expect((await desk.clauth(["rename", "work", name])).code).toBe(1);
  expect(existsSync(desk.profile("work", "credentials.json"))).toBe(true);
});

test("a clauth.toml that is not valid is said before anything changes", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write(".clauth/clauth.toml", "oops\n");
  expect((await desk.clauth(["rename", "work", "client"])).code).toBe(1);
  expect(readdirSync(join(desk.store, "profiles"))).toEqual(["work"]);
});

test("a name that changes its case alone stays what every .clauthrc means", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write("project/.clauthrc", "work\n");
  expect(await desk.clauth(["rename", "work", "Work"])).toEqual({
    code: 0,
    stdout: "",
    stderr: 'clauth: profile "work" is now "Work"\n',
  });
  expect((await desk.clauth(["current"])).stdout).toBe("Work\n");
});

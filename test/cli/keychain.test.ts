import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { claudeItemNames } from "../../src/keychain/claude-item.ts";
import { testOnlyWithSecurity } from "../../src/keychain/security.ts";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { createFakeSecurity, type FakeSecurity } from "../support/fake-security.ts";
import { type Answer, createDesk, type Desk } from "./call.ts";

/** A user on a Mac whose Claude Code has everything in the Keychain and no file of a login at all. */
let security: FakeSecurity;

beforeEach(() => {
  security = createFakeSecurity();
  testOnlyWithSecurity(security.program);
});

afterEach(() => {
  testOnlyWithSecurity();
  security[Symbol.dispose]();
});

const USER = { USER: "tester" } as const;

function onMac(desk: Desk, args: readonly string[], env: Record<string, string> = {}): Promise<Answer> {
  const stdin = { PATH: join(desk.home, "bin"), ...USER, ...env };
  return desk.clauth(args, { platform: "darwin", env: stdin });
}

/** What Claude Code keeps for a config directory; for `~/.claude` where none is given. */
function itemOf(configDirectory?: string) {
  return claudeItemNames(configDirectory, USER);
}

test("list and the overview show the login of ~/.claude, and of a tree that nobody has carried yet", async () => {
  using desk = createDesk();
  desk.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  security.put(itemOf(), credentialsText({ account: "H" }));
  expect((await onMac(desk, [])).stdout).toContain("config dir  ~/.claude (h@example.test, max)\n");

  desk.addProfile("mine", undefined, "home = true\n");
  desk.addProfile("work");
  desk.addProfile("fresh");
  security.put(itemOf(desk.profile("work", "runtime")), credentialsText({ account: "W" }));
  expect((await onMac(desk, ["list"])).stdout).toBe(
    `   mine   h@example.test  max  ~/.claude
   work   -               max  renews in 8 h
   fresh  -                    logged out
`,
  );
});

test("list says where ~/.claude is logged out, and a locked Keychain stops it not", async () => {
  using desk = createDesk();
  desk.addProfile("mine", undefined, "home = true\n");
  desk.addProfile("work", { account: "W" });
  const logins = async () =>
    JSON.parse((await onMac(desk, ["list", "--json"])).stdout).map(
      ({ login, logged_in }: { login: string; logged_in: boolean }) => [login, logged_in],
    );
  expect(await logins()).toEqual([
    ["home", false],
    ["login", true],
  ]);
  security.put(itemOf(), credentialsText({ account: "H" }));
  security.behave("locked");
  expect(await logins()).toEqual([
    ["home", false],
    ["login", true],
  ]);
});

test("statusline names account and plan, of a profile, of ~/.claude and of a directory of the user's own", async () => {
  using desk = createDesk();
  desk.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  desk.addProfile("work");
  const [tree, own] = [desk.profile("work", "runtime"), join(desk.home, ".claude-own")];
  for (const [directory, account] of [
    [undefined, "H"],
    [tree, "W"],
    [own, "O"],
  ] as const)
    security.put(itemOf(directory), credentialsText({ account }));
  const line = async (env: Record<string, string>) => (await onMac(desk, ["statusline"], env)).stdout;
  expect(await line({})).toBe("no profile · h@example.test · max\n");
  expect(await line({ CLAUDE_CONFIG_DIR: tree })).toBe("work · max\n");
  expect(await line({ CLAUDE_CONFIG_DIR: own })).toBe("no profile · max\n");
});

test("doctor finds one token in ~/.claude's item and in a profile", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  security.put(itemOf(), credentialsText({ account: "W" }));
  const tokens = async () => (await onMac(desk, ["doctor"])).stdout.match(/^.* tokens: .*$/gm);
  expect(await tokens()).toEqual([
    "problem  tokens: ~/.claude and work hold the same login: a refresh in one ends it in the other",
  ]);
  security.behave("locked");
  expect(await tokens()).toEqual([expect.stringContaining("problem  tokens: the Keychain is locked")]);
});

test("a login that the Keychain has is not imported a second time, nor restored (invariant 2)", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  security.put(itemOf(), credentialsText({ account: "H" }));
  const id = "20260102T030405678Z-credentials-other-account";
  desk.write(desk.profile("work", `backups/${id}`), credentialsText({ account: "H" }));
  const file = desk.write("login.json", credentialsText({ account: "H" }));
  for (const args of [
    ["add", "twin", "--import", file],
    ["backups", "restore", "work", id],
  ]) {
    const { code, stderr } = await onMac(desk, args);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`error: the Keychain's item "${itemOf().service}" holds this`),
    });
  }
});

test("import moves a login out of the Keychain, and nothing of it is left where claude would read it", async () => {
  using desk = createDesk();
  const directory = join(desk.home, ".claude-work");
  desk.write(".claude-work/.claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("W") }));
  desk.write(".claude-work/.credentials.json", credentialsText({ account: "W", generation: 0 }));
  const login = credentialsText({ account: "W" });
  security.put(itemOf(directory), login);
  expect((await onMac(desk, ["import"])).stdout).toBe(
    "directory  work  w@example.test  can be taken over  ~/.claude-work\n",
  );
  const { code, stderr } = await onMac(desk, ["add", "work", "--import", directory]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(security.items()).toEqual([]);
  expect(desk.read(desk.profile("work", "credentials.json"))).toBe(login);
  expect(readdirSync(directory).sort()).toEqual([".claude.json", ".credentials.json.unused"]);
});

test("import leaves the login in the Keychain where it can't be taken over", async () => {
  using desk = createDesk();
  const directory = join(desk.home, ".claude-work");
  desk.write(".claude-work/.claude.json", "{}");
  const login = credentialsText({ account: "W" });
  security.put(itemOf(directory), login);
  security.behave("locked");
  const { code, stderr } = await onMac(desk, ["add", "work", "--import", directory]);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("keychain") });
  security.behave(undefined);
  expect(security.text(itemOf(directory))).toBe(login);
  expect(existsSync(desk.profile("work", ""))).toBe(false);
});

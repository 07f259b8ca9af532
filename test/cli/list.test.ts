import { expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { oauthAccountOf } from "../support/claude-login.ts";
import { createDesk } from "./call.ts";

test("shows whose login each profile has, and marks the one that applies here", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.write(
    desk.profile("work", "runtime/.claude.json"),
    JSON.stringify({ oauthAccount: oauthAccountOf("W") }),
  );
  desk.addProfile("gateway", undefined, 'api_key = "sk-fake"\n');
  desk.addProfile("mine", undefined, "home = true\n");
  desk.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  desk.addProfile("fresh");
  desk.addProfile("broken", undefined, "home = 3\n");
  desk.write("project/.clauthrc", "work\n");
  const { code, stdout } = await desk.clauth(["list"]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "*  work     w@example.test  max  renews in 8 h          by ~/project/.clauthrc:1
       gateway  -                    API key
       mine     h@example.test       ~/.claude, logged out
       fresh    -                    logged out
       broken   -                    damaged
    "
  `);
  expect(JSON.parse((await desk.clauth(["list", "--json"])).stdout)).toMatchInlineSnapshot(`
    [
      {
        "default": false,
        "email": "w@example.test",
        "expires_at": "<time>",
        "logged_in": true,
        "login": "login",
        "name": "work",
        "plan": "max",
        "renews": true,
        "rules": [],
        "selected": true,
        "sessions": 0,
        "source": {
          "kind": "rc",
          "line": 1,
          "path": "~/project/.clauthrc",
        },
      },
      {
        "default": false,
        "email": null,
        "expires_at": null,
        "logged_in": true,
        "login": "api-key",
        "name": "gateway",
        "plan": null,
        "renews": false,
        "rules": [],
        "selected": false,
        "sessions": 0,
        "source": null,
      },
      {
        "default": false,
        "email": "h@example.test",
        "expires_at": null,
        "logged_in": false,
        "login": "home",
        "name": "mine",
        "plan": null,
        "renews": false,
        "rules": [],
        "selected": false,
        "sessions": 0,
        "source": null,
      },
      {
        "default": false,
        "email": null,
        "expires_at": null,
        "logged_in": false,
        "login": "none",
        "name": "fresh",
        "plan": null,
        "renews": false,
        "rules": [],
        "selected": false,
        "sessions": 0,
        "source": null,
      },
      {
        "default": false,
        "email": null,
        "expires_at": null,
        "logged_in": false,
        "login": "invalid",
        "name": "broken",
        "plan": null,
        "renews": false,
        "rules": [],
        "selected": false,
        "sessions": 0,
        "source": null,
      },
    ]
  `);
});

test("no profiles are an empty list, and what to do about it", async () => {
  using desk = createDesk();
  const stderr = "clauth: no profile yet: clauth add NAME\n";
  expect(await desk.clauth(["list"])).toEqual({ code: 0, stdout: "", stderr });
  expect((await desk.clauth(["list", "--json"])).stdout).toBe("[]\n");
});

test("a .clauthrc that stops a start does not stop the list", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  chmodSync(desk.write("project/.clauthrc", "work\n"), 0o666);
  expect(await desk.clauth(["list"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: claude stops here: ~/project/.clauthrc can be written by everybody, so it can't pick an account
    hint: remove it, or name the profile yourself: CLAUTH_PROFILE=NAME claude
    "
    ,
      "stdout": 
    "   work  -  logged out
    "
    ,
    }
  `);
});

test("says how long each login lasts, and what selects it elsewhere", async () => {
  using desk = createDesk();
  const token = (expiresAt: number, refreshToken?: string) =>
    JSON.stringify({ claudeAiOauth: { accessToken: "sk-ant-oat01-fake", refreshToken, expiresAt } });
  const logins = {
    idle: token(1_000_000_000_000, "sk-ant-ort01-fake"),
    yearly: token(Date.now() + 300 * 86_400_000),
    over: token(1_000_000_000_000),
    minutes: token(Date.now() + 20 * 60_000),
    odd: token(9e99),
  };
  for (const [name, text] of Object.entries(logins)) {
    desk.addProfile(name);
    desk.write(desk.profile(name, "credentials.json"), text);
  }
  desk.write(
    ".clauth/clauth.toml",
    'default = "idle"\n[[rule]]\ndir = "~/project"\nprofile = "over"\n[[rule]]\ndir = "~/else"\nprofile = "yearly"\n',
  );
  expect((await desk.clauth(["list"])).stdout).toMatchInlineSnapshot(`
    "   idle     -  renews on use   default
       yearly   -  ends in 300 d   ~/else
    *  over     -  expired         by clauth.toml:2
       minutes  -  ends in 20 min
       odd      -  logged in
    "
  `);
});

test.each([
  ["CLAUTH_PROFILE", "by CLAUTH_PROFILE"],
  ["CLAUDE_CONFIG_DIR", "by the claude that started this"],
])("says that %s picked the profile", async (variable, said) => {
  using desk = createDesk();
  desk.addProfile("work");
  const value = variable === "CLAUTH_PROFILE" ? "work" : desk.profile("work", "runtime");
  const { stdout } = await desk.clauth(["list"], { env: { [variable]: value } });
  expect(stdout).toBe(`*  work  -  logged out  ${said}\n`);
});

test("a document that can't be read names no account, and hides no profile", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.write(desk.profile("work", "runtime/.claude.json/readme"), "");
  desk.addProfile("other", { account: "O" });
  const { code, stdout } = await desk.clauth(["list"]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: "   work   -  max  renews in 8 h\n   other  -  max  renews in 8 h\n",
  });
});

test.each(["", "\0\0\0\0", '{"claudeAiOauth"'])(
  "a login that reads %j is damaged, not absent",
  async (text) => {
    using desk = createDesk();
    desk.addProfile("work");
    desk.write(desk.profile("work", "credentials.json"), text);
    expect((await desk.clauth(["list"])).stdout).toBe("   work  -  damaged\n");
  },
);

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
    "*  work     w@example.test  logged in
       gateway  -               API key
       mine     h@example.test  the login in ~/.claude
       fresh    -               logged out
       broken   -               damaged: clauth doctor
    "
  `);
  expect(JSON.parse((await desk.clauth(["list", "--json"])).stdout)).toMatchInlineSnapshot(`
    [
      {
        "email": "w@example.test",
        "login": "login",
        "name": "work",
        "selected": true,
        "sessions": 0,
      },
      {
        "email": null,
        "login": "api-key",
        "name": "gateway",
        "selected": false,
        "sessions": 0,
      },
      {
        "email": "h@example.test",
        "login": "home",
        "name": "mine",
        "selected": false,
        "sessions": 0,
      },
      {
        "email": null,
        "login": "none",
        "name": "fresh",
        "selected": false,
        "sessions": 0,
      },
      {
        "email": null,
        "login": "invalid",
        "name": "broken",
        "selected": false,
        "sessions": 0,
      },
    ]
  `);
});

test("no profiles are an empty list", async () => {
  using desk = createDesk();
  expect(await desk.clauth(["list"])).toEqual({ code: 0, stdout: "", stderr: "" });
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
    "clauth: ~/project/.clauthrc can be written by everybody, so it can't pick an account
    "
    ,
      "stdout": 
    "   work  -  logged out
    "
    ,
    }
  `);
});

import { expect, test } from "bun:test";
import { chmodSync, readdirSync } from "node:fs";
import { createDesk } from "./call.ts";

test("prints the name alone, and says nothing else", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write("project/.clauthrc", "Work\n");
  const terminal = {
    write: () => expect.unreachable(),
    // A look for a terminal costs half as much as the rest.
    get isTerminal(): boolean {
      return expect.unreachable();
    },
  };
  expect(await desk.clauth(["current"], { stderr: terminal })).toEqual({
    code: 0,
    stdout: "work\n",
    stderr: "",
  });
  expect(readdirSync(desk.store).sort()).toEqual(["profiles", "profiles.toml"]);
});

test("prints nothing and fails where no profile applies", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  const nothing = { code: 1, stdout: "", stderr: "" };
  expect(await desk.clauth(["current"])).toEqual(nothing);
  const env = { CLAUDE_CONFIG_DIR: "/elsewhere" };
  expect(await desk.clauth(["current"], { env })).toEqual(nothing);
  expect(await desk.clauth(["current"], { env: { CLAUTH_BYPASS: "1" } })).toEqual(nothing);
});

test("system is a name as well", async () => {
  using desk = createDesk();
  const answer = await desk.clauth(["current"], { env: { CLAUTH_PROFILE: "system" } });
  expect(answer).toEqual({ code: 0, stdout: "system\n", stderr: "" });
});

test("what would stop claude is an error here too, and no other name", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  chmodSync(desk.write("project/.clauthrc", "work\n"), 0o666);
  expect(await desk.clauth(["current"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: ~/project/.clauthrc can be written by everybody, so it can't pick an account
    hint: remove it, or name the profile yourself: CLAUTH_PROFILE=NAME claude
    "
    ,
      "stdout": "",
    }
  `);
  expect((await desk.clauth(["current", "now"])).code).toBe(2);
});

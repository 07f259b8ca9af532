import { expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { createDesk } from "./call.ts";

test("before the first profile it says what claude is, and the two commands to a second account", async () => {
  using desk = createDesk();
  desk.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  desk.write(".claude/.credentials.json", credentialsText({ account: "H" }));
  const answer = await desk.clauth([]);
  expect(answer).toMatchObject({ code: 0, stderr: "" });
  expect(answer.stdout).toMatchInlineSnapshot(`
    "no profile yet: claude is the untouched Claude Code

    claude      ~/bin/claude
    config dir  ~/.claude (h@example.test, max)

    a second account is two commands away; the login you have stays as it is:
      clauth add work --login   log in with the other account
      clauth local work         use it in this directory and below
    "
  `);
  for (const [, line = ""] of answer.stdout.matchAll(/^ {2}clauth (.*?) {2}/gm))
    expect((await desk.clauth([...line.split(" "), "--help"])).code).toBe(0);
});

test("without a Claude Code and without a login it still says where one is", async () => {
  using desk = createDesk();
  const { code, stdout } = await desk.clauth([], { env: { PATH: "", CLAUDE_CONFIG_DIR: "/srv/mine" } });
  expect(code).toBe(0);
  expect(stdout).toContain("claude      none found: npm install -g @anthropic-ai/claude-code, or ");
  expect(stdout).toContain("config dir  /srv/mine (logged out)");
});

test("with profiles it is the list, and why this one applies here", async () => {
  using desk = createDesk();
  desk.addProfile("work", { account: "W" });
  desk.addProfile("personal", { account: "P" });
  desk.write("project/.clauthrc", "work\n");
  expect((await desk.clauth([])).stdout).toMatchInlineSnapshot(`
    "here: profile "work", ~/project/.clauthrc:1 names it

    *  work      -  max  renews in 8 h  by ~/project/.clauthrc:1
       personal  -  max  renews in 8 h
    "
  `);
  const { stdout } = await desk.clauth([], { env: { CLAUTH_PROFILE: "system" } });
  expect(stdout).toStartWith("here: the untouched claude, CLAUTH_PROFILE is set\n\n   work");
});

test("a .clauthrc that stops a start is said, and does not stop the overview", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  chmodSync(desk.write("project/.clauthrc", "work\n"), 0o666);
  const { code, stdout, stderr } = await desk.clauth([]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: (await desk.clauth(["list"])).stdout });
  expect(stderr).toContain("can be written by everybody");
});

test("on a terminal the two commands stand out", async () => {
  using desk = createDesk();
  const printed: string[] = [];
  const stdout = { isTerminal: true, columns: 80, write: (text: string) => void printed.push(text) };
  await desk.clauth([], { stdout });
  expect(printed.join("")).toContain("  \x1b[1mclauth add work --login\x1b[0m   \x1b[2mlog in");
});

test("a claude that would stop is not called untouched", async () => {
  using desk = createDesk();
  desk.write("project/.clauthrc", "gone\n");
  const { stdout, stderr } = await desk.clauth([]);
  expect(stderr).toContain("clauth: claude stops here: ");
  expect(stdout).toStartWith("no profile yet\n\nclaude ");
});

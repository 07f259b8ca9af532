import { expect, test } from "bun:test";
import { join } from "node:path";
import { createDesk } from "./call.ts";

test("says the profile, why, the real claude, and what would beat or be removed", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write("project/.clauthrc", "work\n");
  desk.write("project/.claude/settings.json", '{"apiKeyHelper":"x","theme":"dark"}');
  const env = { PATH: `${desk.home}/bin`, ANTHROPIC_API_KEY: "sk-fake" };
  expect(await desk.clauth(["which"], { env })).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "",
      "stdout": 
    "profile "work": ~/project/.clauthrc:1 names it
    claude: ~/bin/claude (the first claude on PATH after the shim)
    config dir: ~/.clauth/profiles/work/runtime
    not used from the environment: ANTHROPIC_API_KEY
    beats the profile: apiKeyHelper in ~/project/.claude/settings.json (its output is sent in place of the login)
    "
    ,
    }
  `);
  const { considered, ...answer } = JSON.parse((await desk.clauth(["which", "--json"], { env })).stdout);
  expect(answer).toMatchInlineSnapshot(`
    {
      "claude": "~/bin/claude",
      "config_dir": "~/.clauth/profiles/work/runtime",
      "overrides": [
        {
          "file": "~/project/.claude/settings.json",
          "key": "apiKeyHelper",
          "why": "its output is sent in place of the login",
        },
      ],
      "profile": "work",
      "removed_env": [
        "ANTHROPIC_API_KEY",
      ],
      "source": {
        "kind": "rc",
        "line": 1,
        "path": "~/project/.clauthrc",
      },
      "weaker": [],
    }
  `);
  expect(considered).toContainEqual({ kind: "rc", picked: true, why: "~/project/.clauthrc:1 names it" });
});

test("answers for another directory", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write("other/.clauthrc", "work\n");
  expect((await desk.clauth(["which", "../other"])).stdout).toStartWith('profile "work"');
  expect(await desk.clauth(["which", "../nowhere"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: there is no directory ~/nowhere
    hint: clauth which DIR, with a directory that exists
    "
    ,
      "stdout": "",
    }
  `);
});

test("without a profile it is the untouched claude, and none at all is an answer too", async () => {
  using desk = createDesk();
  expect((await desk.clauth(["which"])).stdout).toMatchInlineSnapshot(`
    "no profile, the untouched claude: nothing picks a profile
    claude: ~/bin/claude (the first claude on PATH after the shim)
    config dir: ~/.claude
    "
  `);
  const json = await desk.clauth(["which", "--json"], { env: { PATH: "/nowhere" } });
  expect(JSON.parse(json.stdout)).toMatchObject({
    profile: null,
    source: { kind: "none", path: null, line: null },
  });
});

test("a profile of ~/.claude has that as its config dir", async () => {
  using desk = createDesk();
  desk.addProfile("mine", undefined, "home = true\n");
  const { stdout } = await desk.clauth(["which"], { env: { CLAUTH_PROFILE: "mine" } });
  expect(stdout).toContain("config dir: ~/.claude\n");
});

test("a profile that does not exist is an error with file and line, in JSON where that was asked for", async () => {
  using desk = createDesk();
  desk.write("project/.clauthrc", "gone\n");
  expect(await desk.clauth(["which", "--json"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "{"error":{"kind":"unknown_profile","message":"there is no profile \\"gone\\" (~/project/.clauthrc:1 names it)","hint":"clauth add gone, or clauth list","retry_safe":false,"path":"~/project/.clauthrc"}}
    "
    ,
      "stdout": "",
    }
  `);
});

test("says why a start would stop all the same", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  const sdk = '{"authentication":{"type":"oidc_federation"}}';
  desk.write(".config/anthropic/configs/default.json", sdk);
  const env = { CLAUTH_PROFILE: "work" };
  const { code, stdout } = await desk.clauth(["which"], { env });
  expect(code).toBe(0);
  expect(stdout).toContain("refused: ~/.config/anthropic/configs/default.json is an active federation");
  expect(JSON.parse((await desk.clauth(["which", "--json"], { env })).stdout)).toMatchObject({
    refused: { kind: "sdk_federation_wins", hint: expect.stringContaining("ANTHROPIC_CONFIG_DIR") },
  });
});

test("only a directory can be asked about", async () => {
  using desk = createDesk();
  for (const path of [desk.write("file", ""), `${desk.home}/nowhere`]) {
    const { code, stderr } = await desk.clauth(["which", path]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("there is no directory ~/"),
    });
  }
});

test("the name of a directory can't speak to the terminal", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  const name = "\x1b]0;owned\x07\nclauth: all is well";
  desk.write(`project/${name}/.clauthrc`, "work\n");
  const cwd = join(desk.project, name);
  for (const words of [["which"], ["list"], ["doctor"], ["local", "work"], []]) {
    const { stdout, stderr } = await desk.clauth(words, { cwd });
    expect(`${stdout}${stderr}`).not.toMatch(/[\x00-\x09\x0b-\x1f]|^clauth: all is well/m);
  }
});

import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { testOnlyFaults } from "../../src/disk/disk.ts";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { failing } from "../support/faults.ts";
import { createDesk, type Desk } from "./call.ts";

/** A config directory as Claude Code leaves one. */
function configDirectory(desk: Pick<Desk, "write">, path: string, account: string): void {
  desk.write(`${path}/.credentials.json`, credentialsText({ account }));
  desk.write(
    `${path}/.claude.json`,
    JSON.stringify({ oauthAccount: oauthAccountOf(account), mcpServers: { a: {}, b: {} } }),
  );
}

describe("clauth add NAME --import DIR", () => {
  test("moves the login, shares the conversations, and names what stays", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    desk.write(".claude-work/projects/-p/one.jsonl", "1\n");
    desk.write(".claude-work/projects/-p/two.jsonl", "2\n");
    desk.write(".claude-work/projects/-p/subagents/three.jsonl", "3\n");
    desk.write(".claude-work/projects/-p/memory.jsonl", "theirs\n");
    desk.write(".claude/projects/-p/memory.jsonl", "mine\n");
    desk.write(".claude-work/settings.json", '{"model":"opus"}');
    desk.write(".claude-work/skills/s/SKILL.md", "x");
    desk.write(".claude-work/history.jsonl", "{}\n");
    const login = desk.read(".claude-work/.credentials.json");
    expect(await desk.clauth(["add", "work", "--import", "../.claude-work"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": 
      "clauth: moved the login of w@example.test from ~/.claude-work into profile "work"
      clauth: 2 conversations can be resumed in every profile now
      clauth: every profile has now: skills/s, MCP server a, MCP server b
      clauth: left in ~/.claude-work, since ~/.claude has others of that name: projects/-p/memory.jsonl
      clauth: left in ~/.claude-work: settings.json; copy into ~/.claude what every profile shall have
      clauth: ~/.claude-work is logged out now, and can be removed when nothing in it is needed
      clauth: added profile "work"
      clauth: use it here: clauth local work; everywhere: clauth global work
      "
      ,
        "stdout": "",
      }
    `);
    expect(desk.read(desk.profile("work", "credentials.json"))).toBe(login);
    expect(lstatSync(desk.profile("work", "credentials.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(desk.home, ".claude-work")).filter((name) => name.startsWith(".cred"))).toEqual(
      [],
    );
    expect(desk.read(".claude/projects/-p/one.jsonl")).toBe("1\n");
    expect(desk.read(".claude/projects/-p/subagents/three.jsonl")).toBe("3\n");
    expect(desk.read(".claude/projects/-p/memory.jsonl")).toBe("mine\n");
    expect(desk.read(".claude-work/projects/-p/memory.jsonl")).toBe("theirs\n");
    expect((await desk.clauth(["list"])).stdout).toMatch(/work +w@example\.test/);
  });

  test("--login-only leaves all but the login where it is", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    desk.write(".claude-work/projects/-p/one.jsonl", "1\n");
    const { stderr } = await desk.clauth(["add", "work", "--import", "../.claude-work", "--login-only"]);
    expect(stderr).toContain("left in ~/.claude-work: 1 conversation, and all else that it has\n");
    expect([".claude", ".claude.json"].filter((name) => existsSync(join(desk.home, name)))).toEqual([]);
  });

  test("a skill is brought whole or not at all, and each other file by its name", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    for (const [path, text] of [
      ["skills/both/SKILL.md", "theirs"],
      ["skills/both/more.py", "theirs"],
      ["skills/same/SKILL.md", "same"],
      ["agents/tester.md", "theirs"],
      ["agents/shared.md", "theirs"],
      ["commands/git/push.md", "theirs"],
    ] as const)
      desk.write(`.claude-work/${path}`, text);
    desk.write(".claude/skills/both/SKILL.md", "mine");
    desk.write(".claude/skills/same/SKILL.md", "same");
    desk.write(".claude/agents/shared.md", "mine");
    const { stderr } = await desk.clauth(["add", "work", "--import", "../.claude-work"]);
    expect(stderr).toContain(
      "every profile has now: agents/tester.md, commands/git/push.md, MCP server a, MCP server b\n",
    );
    expect(stderr).toContain("since ~/.claude has others of that name: agents/shared.md, skills/both\n");
    expect(readdirSync(join(desk.home, ".claude/skills/both"))).toEqual(["SKILL.md"]);
    expect(desk.read(".claude/agents/shared.md")).toBe("mine");
  });

  test("what can't be brought stops nothing else, and is named (trap 33)", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    const at = (path: string) => join(desk.home, path);
    desk.write(".claude-work/projects/-p/one.jsonl", "1\n");
    desk.write(".claude-work/projects/-q/two.jsonl", "2\n");
    desk.write(".claude/projects/-q", "a file in the place of a directory");
    const odd = Buffer.concat([Buffer.from(at(".claude-work/projects/")), Buffer.of(0xff)]);
    mkdirSync(odd);
    desk.write("dotfiles/skills/linked/SKILL.md", "x");
    desk.write(".claude-work/skills/own/SKILL.md", "x");
    symlinkSync("../../dotfiles/skills/linked", at(".claude-work/skills/linked"));
    desk.write(".claude/agents/mine.md", "x");
    // Shared already, as others set such directories up.
    symlinkSync("../.claude/agents", at(".claude-work/agents"));
    mkdirSync(at(".claude-work/history.jsonl"));
    const { code, stderr } = await desk.clauth(["add", "work", "--import", "../.claude-work"]);
    expect(code).toBe(0);
    expect(stderr).toContain("1 conversation can be resumed in every profile now\n");
    expect(stderr).toContain("every profile has now: skills/own, MCP server a, MCP server b\n");
    expect(stderr).toContain(
      "left in ~/.claude-work: projects/-q/two.jsonl, projects/\uFFFD, skills/linked, history.jsonl; copy",
    );
    expect(readdirSync(at(".claude/skills"))).toEqual(["own"]);
  });

  test("of many that can't be brought a line has as many as it can bear", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    desk.write(".claude/todos", "a file in the place of a directory");
    for (let todo = 10; todo < 35; todo++) desk.write(`.claude-work/todos/${todo}.json`, "[]");
    const { stderr } = await desk.clauth(["add", "work", "--import", "../.claude-work"]);
    expect(stderr).toContain("todos/29.json and 5 more; copy");
  });

  test("what was typed in both is there for the arrow keys, each line once", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    desk.write(".claude-work/history.jsonl", '{"display":"old"}\n{"display":"theirs"}\n');
    desk.write(".claude/history.jsonl", '{"display":"old"}\n{"display":"mine"}\n');
    expect((await desk.clauth(["add", "work", "--import", "../.claude-work"])).code).toBe(0);
    expect(desk.read(".claude/history.jsonl")).toBe(
      '{"display":"old"}\n{"display":"mine"}\n{"display":"theirs"}\n',
    );
  });

  test("MCP servers join the user's own, and nothing that was trusted elsewhere does", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    const theirs = JSON.parse(desk.read(".claude-work/.claude.json"));
    desk.write(
      ".claude-work/.claude.json",
      JSON.stringify({ ...theirs, projects: { "/p": { hasTrustDialogAccepted: true } } }),
    );
    desk.write(
      ".claude.json",
      '{\n  "mcpServers": {\n    "a": {\n      "command": "mine"\n    }\n  },\n  "theme": "dark"\n}\n',
    );
    const { stderr } = await desk.clauth(["add", "work", "--import", "../.claude-work"]);
    expect(stderr).toContain("every profile has now: MCP server b\n");
    expect(stderr).toContain("since ~/.claude has others of that name: MCP server a\n");
    expect(desk.read(".claude.json")).toBe(
      '{\n  "mcpServers": {\n    "a": {\n      "command": "mine"\n    },\n    "b": {}\n  },\n  "theme": "dark"\n}\n',
    );
  });

  test("a damaged ~/.claude.json is left as it is, and the servers where they are", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    desk.write(".claude.json", "{");
    const { code, stderr } = await desk.clauth(["add", "work", "--import", "../.claude-work"]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("left in ~/.claude-work: MCP server a, MCP server b; copy"),
    });
    expect(desk.read(".claude.json")).toBe("{");
  });

  test("the profile's first claude uses the login, and the directory has none", async () => {
    using box = createFakeSandbox({ profiles: false });
    configDirectory(box, ".claude-work", "W");
    const login = box.read(".claude-work/.credentials.json");
    expect(
      await box.run(["clauth", "add", "work", "--import", join(box.home, ".claude-work")]),
    ).toMatchObject({ code: 0 });
    const { report } = await box.call([], { profile: "work" });
    expect(report.env["CLAUDE_CONFIG_DIR"]).toBe(box.profile("work", "runtime"));
    expect(box.read(box.profile("work", "runtime/.credentials.json"))).toBe(login);
    expect(box.json(box.profile("work", "runtime/.claude.json"))).toMatchObject({
      oauthAccount: oauthAccountOf("W"),
    });
  });

  test.each(["import:staged", "import:created"])(
    "killed at %s, at most one directory holds the token, and it is not lost",
    async (at) => {
      using desk = createDesk();
      configDirectory(desk, ".claude-work", "W");
      const login = desk.read(".claude-work/.credentials.json");
      testOnlyArmCheckpoints((name) => {
        if (name === at) throw new Error("killed");
      });
      try {
        expect((await desk.clauth(["add", "work", "--import", "../.claude-work"])).code).toBe(1);
      } finally {
        testOnlyArmCheckpoints(undefined);
      }
      expect(existsSync(join(desk.home, ".claude-work", ".credentials.json"))).toBe(false);
      const again = await desk.clauth([
        "add",
        at === "import:staged" ? "work" : "other",
        "--import",
        "../.claude-work",
      ]);
      expect(again.code).toBe(at === "import:staged" ? 0 : 1);
      expect(desk.read(desk.profile("work", "credentials.json"))).toBe(login);
    },
  );

  test.each<readonly [string, string, (desk: Desk) => void]>([
    ["no directory", "nowhere", () => {}],
    ["a directory without a login", "empty", (desk: Desk) => void desk.write("empty/.claude.json", "{}")],
    [
      "one that logs in by a key",
      "gateway",
      (desk: Desk) => void desk.write("gateway/settings.json", '{"env":{"ANTHROPIC_AUTH_TOKEN":"sk-fake"}}'),
    ],
    ["~/.claude itself", ".claude", (desk: Desk): void => configDirectory(desk, ".claude", "H")],
    [
      "a tree of a profile",
      ".clauth/profiles/p/runtime",
      (desk: Desk): void => configDirectory(desk, ".clauth/profiles/p/runtime", "P"),
    ],
    [
      "a login that is a link",
      "linked",
      (desk: Desk) => {
        configDirectory(desk, "other", "L");
        mkdirSync(join(desk.home, "linked"));
        symlinkSync("../other/.credentials.json", join(desk.home, "linked", ".credentials.json"));
      },
    ],
    [
      "a login that ~/.claude holds too",
      "copy",
      (desk: Desk) => {
        configDirectory(desk, "copy", "H");
        configDirectory(desk, ".claude", "H");
      },
    ],
    [
      "a login that another directory holds too",
      ".claude-a",
      (desk: Desk) => {
        configDirectory(desk, ".claude-a", "A");
        configDirectory(desk, ".claude-b", "A");
      },
    ],
    [
      "a directory with a running claude",
      "busy",
      (desk: Desk) => {
        configDirectory(desk, "busy", "W");
        desk.write(`busy/sessions/${process.pid}.json`, "{}");
      },
    ],
  ])("%s is refused with its cure, and nothing is moved", async (_, directory, prepare) => {
    using desk = createDesk();
    prepare(desk);
    const holder = join(desk.home, directory, ".credentials.json");
    const before = existsSync(holder) ? desk.read(holder) : undefined;
    const { code, stderr } = await desk.clauth(["add", "work", "--import", `../${directory}`]);
    expect(stderr).toMatchSnapshot();
    expect(code).toBe(1);
    expect(existsSync(desk.profile("work", "."))).toBe(false);
    expect(existsSync(holder) ? desk.read(holder) : undefined).toBe(before);
  });

  test("a directory that can't be looked into is left, and named", async () => {
    using desk = createDesk();
    configDirectory(desk, ".claude-work", "W");
    desk.write(".claude-work/plugins/x", "");
    desk.write(".claude-work/agents/a.md", "an agent");
    using _ = testOnlyFaults((real) => ({
      list: (path) => (path.endsWith("plugins") ? failing("EACCES")() : real.list(path)),
    }));
    const { stderr } = await desk.clauth(["add", "work", "--import", "../.claude-work"]);
    expect(stderr).toContain("every profile has now: agents/a.md,");
    expect(stderr).toContain("left in ~/.claude-work: plugins/; copy into");
  });
});

describe("clauth import", () => {
  /** One account in each layout that is known. */
  function peers(desk: Desk): void {
    configDirectory(desk, ".claude-switch/accounts/office", "O");
    desk.write(".claude-switch/config", "default=office\n");
    desk.write(".claude-switch/links", "/srv/acme=office\n");
    configDirectory(desk, ".local/share/claude-profiles/q", "Q");
    desk.write(".local/share/claude-profiles/skills/x/SKILL.md", "");
    desk.write(".local/share/claude-profiles/.default", "q");
    configDirectory(desk, ".ccs/instances/c", "C");
    configDirectory(desk, ".cloak/profiles/k", "K");
    configDirectory(desk, ".claude-team", "T");
    desk.write(
      ".clausona/profiles.json",
      JSON.stringify({
        version: 2,
        profiles: {
          "claude:default": { tool: "claude", configDir: join(desk.home, ".claude"), isPrimary: true },
          "claude:team": { tool: "claude", configDir: join(desk.home, ".claude-team") },
          "codex:team": { tool: "codex", configDir: join(desk.home, ".codex-team") },
        },
      }),
    );
    configDirectory(desk, ".claude-hand", "D");
    desk.write(".claude-empty/.claude.json", "{}");
    desk.write(".claude-notes/readme", "no config directory");
  }

  test("lists what was found, each directory once, and changes nothing", async () => {
    using desk = createDesk();
    peers(desk);
    expect(await desk.clauth(["import"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": 
      "clauth: to move the logins into profiles: clauth import --from claude-acc, or --from claude-code-profiles, ccs, cloak, clausona, directory
      "
      ,
        "stdout": 
      "claude-acc            office  o@example.test  can be taken over  ~/.claude-switch/accounts/office
      claude-code-profiles  q       q@example.test  can be taken over  ~/.local/share/claude-profiles/q
      ccs                   c       c@example.test  can be taken over  ~/.ccs/instances/c
      cloak                 k       k@example.test  can be taken over  ~/.cloak/profiles/k
      clausona              team    t@example.test  can be taken over  ~/.claude-team
      directory             empty   -               no login in it     ~/.claude-empty
      directory             hand    d@example.test  can be taken over  ~/.claude-hand
      "
      ,
      }
    `);
    expect(
      JSON.parse((await desk.clauth(["import", "--from", "cloak", "--json", "--dry-run"])).stdout),
    ).toMatchInlineSnapshot(`
      [
        {
          "directory": "~/.cloak/profiles/k",
          "email": "k@example.test",
          "from": "cloak",
          "name": "k",
          "plan": "max",
          "state": "ready",
        },
      ]
    `);
    expect(existsSync(desk.store)).toBe(false);
  });

  test("--from moves the logins of one tool, and repeats its choices as commands", async () => {
    using desk = createDesk();
    peers(desk);
    expect(await desk.clauth(["import", "--from", "claude-acc", "--dry-run"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": 
      "clauth: to move the logins into profiles: clauth import --from claude-acc
      clauth: office was its default: clauth global office
      clauth: it used office there: clauth rule add /srv/acme office
      "
      ,
        "stdout": 
      "claude-acc  office  o@example.test  can be taken over  ~/.claude-switch/accounts/office
      "
      ,
      }
    `);
    expect(existsSync(desk.store)).toBe(false);
    expect(await desk.clauth(["import", "--from", "claude-acc"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": 
      "clauth: moved the login of o@example.test from ~/.claude-switch/accounts/office into profile "office"
      clauth: every profile has now: MCP server a, MCP server b
      clauth: ~/.claude-switch/accounts/office is logged out now, and can be removed when nothing in it is needed
      clauth: office was its default: clauth global office
      clauth: it used office there: clauth rule add /srv/acme office
      clauth: claude-acc still picks directories for claude: take its lines out of your shell's startup files
      clauth: use one of them here: clauth local NAME; everywhere: clauth global NAME
      "
      ,
        "stdout": "",
      }
    `);
    expect((await desk.clauth(["list"])).stdout).toMatch(/office +o@example\.test/);
    expect(existsSync(join(desk.home, ".claude-switch/accounts/office/.credentials.json"))).toBe(false);
    expect(existsSync(join(desk.home, ".ccs/instances/c/.credentials.json"))).toBe(true);
  });

  test("one that can't be moved stops no other, and is said", async () => {
    using desk = createDesk();
    desk.addProfile("taken");
    for (const name of ["free", "taken", "busy"])
      configDirectory(desk, `.claude-${name}`, name.slice(0, 1).toUpperCase());
    desk.write(`.claude-busy/sessions/${process.pid}.json`, "{}");
    expect(await desk.clauth(["import", "--from", "directory"])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": 
      "clauth: ~/.claude-busy: claude runs with ~/.claude-busy: its login can't be moved now
      hint: end it, then try again
      clauth: moved the login of f@example.test from ~/.claude-free into profile "free"
      clauth: every profile has now: MCP server a, MCP server b
      clauth: ~/.claude-free is logged out now, and can be removed when nothing in it is needed
      clauth: ~/.claude-taken: there is a profile of that name: clauth add NAME --import ~/.claude-taken
      clauth: use one of them here: clauth local NAME; everywhere: clauth global NAME
      "
      ,
        "stdout": "",
      }
    `);
  });

  test("nothing to find, and a tool that nobody knows", async () => {
    using desk = createDesk();
    expect(await desk.clauth(["import"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": 
      "clauth: nothing to take over was found
      "
      ,
        "stdout": "",
      }
    `);
    expect(await desk.clauth(["import", "--from", "nobody"])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": 
      "clauth: error: --from takes one of: rust, claude-acc, claude-code-profiles, ccs, cloak, clausona, directory
      hint: clauth import --help
      "
      ,
        "stdout": "",
      }
    `);
  });

  test("JSON of what would be moved is no way to move it: nothing is moved unsaid", async () => {
    using desk = createDesk();
    configDirectory(desk, ".cloak/profiles/work", "W");
    const { code, stderr } = await desk.clauth(["import", "--from", "cloak", "--json"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--dry-run") });
  });
});

describe("clauth import --from rust", () => {
  test("verifies the store as it stands, with the cure of each problem", async () => {
    using desk = createDesk();
    desk.addProfile("work", { account: "W" });
    desk.addProfile("shared", { account: "H" }, "auto_start = false\n");
    desk.addProfile("copy", { account: "W" });
    desk.addProfile("gateway", undefined, 'api_key = "sk-fake"\n');
    desk.addProfile("empty");
    desk.write(desk.profile("broken", "config.toml"), "base_url = 3\n");
    desk.write(".claude/.credentials.json", credentialsText({ account: "H" }));
    desk.write(
      ".clauth/profiles.toml",
      'active_profile = "shared"\nprofiles = ["work", "shared", "copy", "gateway", "empty", "broken", "my work"]\nfallback_chain = ["work"]\n',
    );
    const before = desk.read(".clauth/profiles.toml");
    expect(await desk.clauth(["import", "--from", "rust"])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": 
      "clauth: ~/.clauth is used as it stands: its profiles are these
      clauth: shared holds the same login as ~/.claude: a refresh in one ends the other
      hint: clauth add shared --home
      clauth: copy holds the same login as "work": a refresh in one ends the other
      hint: clauth login copy
      clauth: broken ~/.clauth/profiles/broken/config.toml:1: base_url has to be an http or https address
      hint: edit ~/.clauth/profiles/broken/config.toml
      clauth: "my work" is no name that clauth can use
      hint: rename its directory in profiles/, and its entry in profiles.toml
      clauth: "shared" was the active one: clauth global shared
      clauth: its fallback chain is not used: clauth never changes accounts by itself
      "
      ,
        "stdout": 
      "work       ready
      shared     problem
      copy       problem
      gateway    API key
      empty      logged out
      broken     problem
      "my work"  problem
      "
      ,
      }
    `);
    expect(desk.read(".clauth/profiles.toml")).toBe(before);
    expect((await desk.clauth(["add", "shared", "--home"])).code).toBe(0);
    const { stdout } = await desk.clauth(["import", "--from", "rust", "--json"]);
    expect(JSON.parse(stdout)).toContainEqual({
      name: "shared",
      state: "the login in ~/.claude",
      problem: null,
    });
  });

  test("without such a store says where it would be", async () => {
    using desk = createDesk();
    expect(await desk.clauth(["import", "--from", "rust"])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": 
      "clauth: error: there is no store of the Rust clauth: ~/.clauth/profiles.toml is missing
      hint: it keeps its profiles in ~/.clauth; CLAUTH_HOME decides which store is used, now ~/.clauth
      "
      ,
        "stdout": "",
      }
    `);
  });
});

import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fakeSteps } from "../support/fake-claude.ts";
import { type CallOptions, createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { fileAppears } from "../support/wait-for.ts";
import { pageText } from "./documented.ts";

setDefaultTimeout(30_000);

/** What the README promises, in its own words, each with what it comes to. */
const PROMISES: Readonly<Record<string, (box: FakeSandbox) => Promise<void>>> = {
  "The first of these that applies; `clauth which` prints it with file and line:": async (box) => {
    box.write("project/.clauthrc", "work\n");
    box.write(".clauth/clauth.toml", 'default = "other"\n', 0o600);
    const { stdout } = await box.run(["clauth", "which"]);
    expect(stdout).toStartWith(`profile "work": ${box.project}/.clauthrc:1 names it\n`);
    expect(stdout).toContain(`else profile "other": default in ${box.store}/clauth.toml:1\n`);
  },
  "`CLAUTH_BYPASS=1`: the real claude, before anything is read": async (box) => {
    box.write(".clauth/clauth.toml", "not toml", 0o600);
    box.write("project/.clauthrc", "not a name\n");
    expect(await profileOf(box, { env: { CLAUTH_BYPASS: "1" } })).toBeUndefined();
  },
  "`clauth run NAME`, or `CLAUTH_PROFILE`": async (box) => {
    box.write("project/.clauthrc", "work\n");
    expect(await profileOf(box, { profile: "other" })).toBe("other");
    const to = join(box.root, "ran.json");
    const env = fakeSteps({ do: "report", to });
    expect((await box.run(["clauth", "run", "other", "--", "x"], { env })).code).toBe(0);
    expect(JSON.parse(readFileSync(to, "utf8")).env.CLAUTH_ACTIVE_PROFILE).toBe("other");
  },
  "your own `CLAUDE_CONFIG_DIR`, where it is not a tree of clauth: left alone": async (box) => {
    box.write("project/.clauthrc", "work\n");
    const own = join(box.home, ".claude-own");
    const { report } = await box.call([], { env: { CLAUDE_CONFIG_DIR: own } });
    expect(report.env["CLAUDE_CONFIG_DIR"]).toBe(own);
  },
  "the nearest `.clauthrc`, from the working directory up to your home": async (box) => {
    box.write(".clauthrc", "other\n");
    box.write("project/deep/.clauthrc", "work\n");
    box.write("project/deep/er/notes", "");
    expect(await profileOf(box, { cwd: join(box.project, "deep", "er") })).toBe("work");
    expect(await profileOf(box)).toBe("other");
  },
  "rules in `~/.clauth/clauth.toml`: the longest matching directory, then git remotes": async (box) => {
    box.write("clone/.git/config", '[remote "origin"]\n\turl = git@github.com:acme/site.git\n');
    await box.run(["clauth", "rule", "add", "~/project", "other"]);
    await box.run(["clauth", "rule", "add", "~/project/deep", "work"]);
    await box.run(["clauth", "rule", "add", "github.com/acme/*", "work"]);
    box.write("project/deep/notes", "");
    expect(await profileOf(box)).toBe("other");
    expect(await profileOf(box, { cwd: join(box.project, "deep") })).toBe("work");
    expect(await profileOf(box, { cwd: join(box.home, "clone") })).toBe("work");
  },
  "the profile of the claude that started this one (its Bash tool, a hook, an MCP server)": async (box) => {
    box.write(".clauth/clauth.toml", 'default = "other"\n', 0o600);
    const to = join(box.root, "inner.json");
    const steps = [
      { do: "run", argv: ["sh", "-c", "cd / && claude"], steps: [{ do: "report", to }] },
    ] as const;
    box.write("once/.clauthrc", "work\n");
    await box.call([], { steps, cwd: join(box.home, "once") });
    expect(JSON.parse(readFileSync(to, "utf8")).env.CLAUTH_ACTIVE_PROFILE).toBe("work");
  },
  "`default` in `clauth.toml`": async (box) => {
    await box.run(["clauth", "global", "other"]);
    expect(await profileOf(box)).toBe("other");
  },
  "none: the process becomes the real claude, and nothing stays behind": async (box) => {
    const to = join(box.root, "none.json");
    const running = box.begin([], { steps: [{ do: "report", to }] });
    await running.finished;
    expect(JSON.parse(readFileSync(to, "utf8")).pid).toBe(running.pid);
    expect(existsSync(box.profile("work", "sessions"))).toBe(false);
  },
  "`system` in the place of a name means the untouched Claude Code.": async (box) => {
    box.write("project/.clauthrc", "system\n");
    box.write(".clauth/clauth.toml", 'default = "other"\n', 0o600);
    const env = { ANTHROPIC_API_KEY: "sk-fake" };
    const { report } = await box.call([], { env });
    expect(report.env["CLAUDE_CONFIG_DIR"]).toBeUndefined();
    expect(report.env["ANTHROPIC_API_KEY"]).toBe("sk-fake");
  },
  "A name that does not exist, a damaged file or a file that somebody else may write stops the call with status 125 and a hint: it never falls back to another account.":
    async (box) => {
      box.write(".clauth/clauth.toml", 'default = "other"\n', 0o600);
      for (const [text, mode] of [
        ["gone\n", 0o644],
        ["two words\n", 0o644],
        ["work\n", 0o666],
      ] as const) {
        box.write("project/.clauthrc", text, mode);
        const { code, stdout, stderr } = await box.run(["claude"]);
        expect({ text, code, stdout }).toEqual({ text, code: 125, stdout: "" });
        expect(stderr).toMatch(/^clauth: error: .+\nhint: .+\n$/);
      }
    },
  "Under a profile, variables that would beat its login (`ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL` and their like) are removed from claude's environment and named in one line on stderr; `keep_env` in the profile's `config.toml` lets single ones through.":
    async (box) => {
      const env = { ANTHROPIC_API_KEY: "sk-fake", ANTHROPIC_BASE_URL: "https://a.example" };
      const first = await box.call([], { env, profile: "work" });
      expect(Object.keys(first.report.env)).not.toContain("ANTHROPIC_API_KEY");
      expect(Object.keys(first.report.env)).not.toContain("ANTHROPIC_BASE_URL");
      expect(first.stderr).toMatch(/^clauth: [^\n]*ANTHROPIC_API_KEY[^\n]*ANTHROPIC_BASE_URL[^\n]*\n$/);
      box.write(box.profile("work", "config.toml"), 'keep_env = ["ANTHROPIC_BASE_URL"]\n', 0o600);
      const second = await box.call([], { env, profile: "work" });
      expect(second.report.env["ANTHROPIC_BASE_URL"]).toBe("https://a.example");
      expect(Object.keys(second.report.env)).not.toContain("ANTHROPIC_API_KEY");
    },
  "Settings of a project or of an administrator can't be changed by us, so they are named.": async (box) => {
    box.write("project/.claude/settings.json", '{"apiKeyHelper": "echo"}');
    const { stderr } = await box.call([], { profile: "work" });
    expect(stderr).toContain(`apiKeyHelper in ${box.project}/.claude/settings.json`);
    const { stdout } = await box.run(["clauth", "which"], { env: { CLAUTH_PROFILE: "work" } });
    expect(stdout).toContain(`beats the profile: apiKeyHelper in ${box.project}/.claude/settings.json`);
  },
  "All sessions of a profile run in one config directory, `~/.clauth/profiles/NAME/runtime`, so Claude Code's own locks keep its one token chain whole.":
    async (box) => {
      const [go, first] = [join(box.root, "go"), join(box.root, "first.json")];
      const running = box.begin([], {
        profile: "work",
        steps: [
          { do: "report", to: first },
          { do: "wait", for: go },
        ],
      });
      await fileAppears(first);
      const { report } = await box.call([], { profile: "work" });
      box.write(go, "");
      await running.finished;
      const directories = [report.env, JSON.parse(readFileSync(first, "utf8")).env];
      for (const env of directories) expect(env["CLAUDE_CONFIG_DIR"]).toBe(box.profile("work", "runtime"));
    },
  "What loses a merge, and whatever is damaged, goes to `~/.clauth/profiles/NAME/backups`; nothing is thrown away.":
    async (box) => {
      await box.call([], { profile: "work" });
      box.write(box.profile("work", "runtime/.claude.json"), '{"half');
      await box.call([], { profile: "work" });
      const kept = readdirSync(box.profile("work", "backups"));
      expect(kept.map((name) => box.read(box.profile("work", `backups/${name}`)))).toContain('{"half');
    },
  "clauth never refreshes a token: only Claude Code does.": async () => {
    const source = join(import.meta.dir, "..", "..", "src");
    const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const talking = files.filter((name) =>
      /\bfetch\(|"node:(https?|net|tls|http2|dgram)"|Bun\.connect|new WebSocket/.test(
        readFileSync(join(source, name), "utf8"),
      ),
    );
    expect(talking).toEqual([]);
  },
  '`isolate = ["projects", "history.jsonl"]` or `isolate = "all"` in a profile\'s `config.toml` keeps a client\'s history apart.':
    async (box) => {
      for (const isolate of ['["projects", "history.jsonl"]', '"all"']) {
        box.write(box.profile("work", "config.toml"), `isolate = ${isolate}\n`, 0o600);
        const line = {
          do: "write",
          path: box.profile("work", "runtime/history.jsonl"),
          text: "1\n",
        } as const;
        await box.call([], { profile: "work", steps: [line] });
        expect(readOr(join(box.home, ".claude/history.jsonl"))).toBe("");
        expect(lstatSync(box.profile("work", "runtime/history.jsonl")).isSymbolicLink()).toBe(false);
      }
    },
  "An API key is an account too: `clauth add client --api-key` reads it from a prompt or from standard input, never from the command line.":
    async (box) => {
      expect((await box.run(["clauth", "add", "client", "--api-key", "a-key"], { stdin: "" })).code).toBe(2);
      expect((await box.run(["clauth", "add", "client", "--api-key"], { stdin: "a-key\n" })).code).toBe(0);
      expect((await box.run(["clauth", "__api-key", "client"])).stdout).toBe("a-key\n");
    },
  "`clauth --help` has them all; every listing takes `--json`;": async (box) => {
    const { stdout } = await box.run(["clauth", "--help"]);
    for (const verb of ["list", "rule list", "sessions", "backups", "doctor", "import", "which"]) {
      expect(stdout).toContain(`\n  ${verb} `);
      const listing = await box.run(["clauth", ...verb.split(" "), "--json"]);
      expect({ verb, parsed: typeof JSON.parse(listing.stdout) }).toEqual({ verb, parsed: "object" });
    }
  },
  "found by `clauth import`, and moved: no two directories ever hold one token.": async (box) => {
    const login = box.read(box.profile("work", "credentials.json"));
    box.write(".claude-old/.credentials.json", login.replaceAll("fakeW", "fakeX"), 0o600);
    expect((await box.run(["clauth", "import"])).stdout).toContain(".claude-old");
    expect((await box.run(["clauth", "import", "--from", "directory"])).code).toBe(0);
    expect(existsSync(join(box.home, ".claude-old/.credentials.json"))).toBe(false);
    box.write(".claude-twin/.credentials.json", login, 0o600);
    expect((await box.run(["clauth", "add", "twin", "--import", join(box.home, ".claude-twin")])).code).toBe(
      1,
    );
  },
};

/** They stand in other tests, to the letter of each mode and file. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "Everything in it is a link into `~/.claude`, except the login, `.claude.json` and `settings.json`, which are merged key by key, both ways, while claude runs and when it ends.":
    "test/shim/session.test.ts",
};

const readme = pageText("README.md");
const flat = readme.replace(/\s+/g, " ");

test.each(Object.entries(PROMISES))("%s", async (words, comesTrue) => {
  expect(flat).toContain(words);
  using box = createFakeSandbox();
  box.addProfile("other", { account: "O" });
  chmodSync(join(box.store, "profiles"), 0o700);
  await comesTrue(box);
});

test("every sentence about choosing and sharing is one of them", () => {
  const sentences = [...Object.keys(PROMISES), ...Object.keys(ELSEWHERE)];
  for (const heading of ["How a profile is chosen", "What is shared, and what is not"]) {
    const section = new RegExp(`^## ${heading}\\n(.*?)^## `, "ms").exec(readme)?.[1] ?? "";
    const unproven = sentences.reduce(
      (text, words) => text.replaceAll(words, ""),
      section.replace(/\s+/g, " "),
    );
    expect(unproven.replace(/\d\./g, "").trim()).toBe("");
  }
  for (const file of Object.values(ELSEWHERE))
    expect(existsSync(join(import.meta.dir, "..", "..", file))).toBe(true);
});

function readOr(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Which profile's tree a claude that is started now is given. */
async function profileOf(box: FakeSandbox, options: CallOptions = {}): Promise<string | undefined> {
  const { report } = await box.call([], options);
  return report.env["CLAUTH_ACTIVE_PROFILE"];
}

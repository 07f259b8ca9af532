import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findOverrides, managedDirectories } from "../../src/environment/overrides.ts";
import { refuseSteering } from "../../src/environment/steering-settings.ts";
import type { JsonObject } from "../../src/json.ts";

let home = "";

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-overrides-")));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, content: object | string): void {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

function git(...argv: string[]): void {
  const identity = [
    "-c",
    "user.email=me@example.test",
    "-c",
    "user.name=me",
    "-c",
    "protocol.file.allow=always",
  ];
  const env = { PATH: process.env["PATH"], HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
  const { exitCode, stderr } = Bun.spawnSync(["git", ...identity, ...argv], { cwd: home, env });
  if (exitCode !== 0) throw new Error(stderr.toString());
}

function found(cwd: string, overlay: JsonObject = {}, keep: string[] = []): string[] {
  const place = { cwd: join(home, cwd), home, managedDirs: [join(home, "managed")] };
  return findOverrides(place, { overlay, keep }).map(
    ({ file, key }) => `${file.slice(home.length + 1)} ${key}`,
  );
}

const KEY = { env: { ANTHROPIC_API_KEY: "sk-ant-api03-fake" } };

describe("what beats a profile and can't be changed by us", () => {
  test("a directory without settings has none", () => {
    write("p/README", "");
    expect(found("p")).toEqual([]);
  });

  test("identity keys of the project's settings are named with their file, never with a value", () => {
    write("p/.claude/settings.json", { ...KEY, apiKeyHelper: "echo fake", model: "x", env: KEY.env });
    write("p/.claude/settings.local.json", {
      env: { ANTHROPIC_BASE_URL: "http://fake.example", EDITOR: "vi" },
    });
    expect(found("p")).toEqual([
      "p/.claude/settings.local.json env.ANTHROPIC_BASE_URL",
      "p/.claude/settings.json env.ANTHROPIC_API_KEY",
      "p/.claude/settings.json apiKeyHelper",
    ]);
    const place = { cwd: join(home, "p"), home, managedDirs: [] };
    expect(JSON.stringify(findOverrides(place, { overlay: {}, keep: [] }))).not.toContain("fake");
  });

  test("keep_env accepts what it names", () => {
    write("p/.claude/settings.json", KEY);
    expect(found("p", {}, ["ANTHROPIC_API_KEY"])).toEqual([]);
  });

  test("a key of the profile's overlay counts where the project gives it another value", () => {
    write("p/.claude/settings.json", {
      model: "theirs",
      env: { ANTHROPIC_DEFAULT_OPUS_MODEL: "same", A: "b" },
    });
    const overlay = { model: "mine", env: { ANTHROPIC_DEFAULT_OPUS_MODEL: "same" } };
    expect(found("p", overlay)).toEqual(["p/.claude/settings.json model"]);
  });

  test("an empty variable has no effect and is none", () => {
    write("p/.claude/settings.json", { env: { ANTHROPIC_API_KEY: "", CLAUDE_SECURESTORAGE_CONFIG_DIR: "" } });
    expect(found("p")).toEqual(["p/.claude/settings.json env.CLAUDE_SECURESTORAGE_CONFIG_DIR"]);
  });

  test.each([["{"], ["[]"], ["null"], [""], ['{"env": []}'], ['// c\n{"env":{"ANTHROPIC_API_KEY":"x"}}']])(
    "%j is ignored, as Claude ignores it",
    (text) => {
      write("p/.claude/settings.json", text);
      expect(found("p")).toEqual([]);
    },
  );

  test("a byte order mark hides nothing", () => {
    write("p/.claude/settings.json", `\uFEFF${JSON.stringify(KEY)}`);
    expect(found("p")).toHaveLength(1);
  });

  test("settings above the working directory are not read", () => {
    write("p/.claude/settings.json", KEY);
    write("p/.claude/settings.local.json", KEY);
    write("p/sub/x", "");
    expect(found("p/sub")).toEqual([]);
  });

  test("of a repository the local settings at its root are read too, the others are not", () => {
    git("init", "-q", "repo");
    write("repo/.claude/settings.json", KEY);
    write("repo/.claude/settings.local.json", KEY);
    write("repo/a/.claude/settings.local.json", KEY);
    write("repo/a/b/x", "");
    expect(found("repo/a/b")).toEqual(["repo/.claude/settings.local.json env.ANTHROPIC_API_KEY"]);
    expect(found("repo/a")).toEqual([
      "repo/.claude/settings.local.json env.ANTHROPIC_API_KEY",
      "repo/a/.claude/settings.local.json env.ANTHROPIC_API_KEY",
    ]);
    expect(found("repo")).toHaveLength(2);
  });

  test("from a worktree those of the main checkout are read", () => {
    git("init", "-q", "repo");
    git("-C", "repo", "commit", "-q", "--allow-empty", "-m", "x");
    git("-C", "repo", "worktree", "add", "-q", "../tree");
    write("repo/.claude/settings.local.json", KEY);
    write("tree/sub/x", "");
    expect(found("tree/sub")).toEqual(["repo/.claude/settings.local.json env.ANTHROPIC_API_KEY"]);
  });

  test("from a submodule its own are read, not those of the repository around it", () => {
    git("init", "-q", "lib");
    git("-C", "lib", "commit", "-q", "--allow-empty", "-m", "x");
    git("init", "-q", "repo");
    git("-C", "repo", "submodule", "-q", "add", join(home, "lib"), "mod");
    write("repo/.claude/settings.local.json", KEY);
    write("repo/mod/sub/x", "");
    expect(found("repo/mod/sub")).toEqual([]);
    write("repo/mod/.claude/settings.local.json", KEY);
    expect(found("repo/mod/sub")).toEqual(["repo/mod/.claude/settings.local.json env.ANTHROPIC_API_KEY"]);
  });

  test("a home directory that is a repository is not looked at from below", () => {
    git("init", "-q", ".");
    write(".claude/settings.local.json", KEY);
    write("p/x", "");
    expect(found("p")).toEqual([]);
  });

  test("an administrator's settings come first: drop-ins, the last by name before the others, then the file", () => {
    write("managed/managed-settings.json", { forceLoginMethod: "console" });
    write("managed/managed-settings.d/10-a.json", KEY);
    write("managed/managed-settings.d/20-b.json", KEY);
    write("managed/managed-settings.d/.30-hidden.json", KEY);
    write("managed/managed-settings.d/40.txt", KEY);
    write("p/.claude/settings.json", KEY);
    expect(found("p")).toEqual([
      "managed/managed-settings.d/20-b.json env.ANTHROPIC_API_KEY",
      "managed/managed-settings.d/10-a.json env.ANTHROPIC_API_KEY",
      "managed/managed-settings.json forceLoginMethod",
      "p/.claude/settings.json env.ANTHROPIC_API_KEY",
    ]);
  });

  test("each platform has one place for an administrator's settings", () => {
    expect(managedDirectories("linux")).toEqual(["/etc/claude-code"]);
    expect(managedDirectories("darwin")).toEqual(["/Library/Application Support/ClaudeCode"]);
  });
});

describe("what a project's settings say to clauth", () => {
  const STEERING = {
    env: { CLAUTH_PROFILE: "", CLAUTH_HOME: "/x", CLAUTH_CLAUDE: "/y", CLAUTH_BYPASS: "1" },
  };

  test("is named, since Claude exports it to the claudes that are started inside", () => {
    write("p/.claude/settings.json", STEERING);
    expect(found("p")).toEqual(
      Object.keys(STEERING.env).map((name) => `p/.claude/settings.json env.${name}`),
    );
    expect(found("p", {}, ["CLAUTH_PROFILE", "CLAUTH_HOME", "CLAUTH_CLAUDE"])).toEqual([
      "p/.claude/settings.json env.CLAUTH_BYPASS",
    ]);
  });

  test("is the user's own word in the home directory", () => {
    write(".claude/settings.json", STEERING);
    expect(found(".")).toEqual([]);
  });

  test("stops a start where a project has to be allowed first", () => {
    const refusal = (cwd: string, keep: string[] = []) =>
      refuseSteering({ cwd: join(home, cwd), home }, keep);
    write("p/.claude/settings.local.json", { env: { CLAUTH_PROFILE: "other" } });
    write(".claude/settings.json", STEERING);
    expect(() => refusal("p")).toThrow(
      expect.objectContaining({ kind: "settings_steer_clauth", exitCode: 125 }),
    );
    expect(() => refusal("p", ["CLAUTH_PROFILE"])).not.toThrow();
    expect(() => refusal(".")).not.toThrow();
    expect(() => refusal("elsewhere")).not.toThrow();
  });
});

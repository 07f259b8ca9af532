import { expect, test } from "bun:test";
import { join } from "node:path";
import { describeClaude, type Lab, type OpenLab } from "../support/claude-lab.ts";
import { credentialsText } from "../support/claude-login.ts";
import type { RunOptions } from "../support/sandbox.ts";

/** The proof of an account is the token that the mock saw, never what Claude says of itself. */
describeClaude("the account of a call", (openLab) => {
  test("is the one that the directory names, in two directories at once", async () => {
    await using lab = await twoProfiles(openLab);
    const work = lab.write("a/.clauthrc", "work\n");
    const home = lab.write("b/.clauthrc", "private\n");
    await Promise.all([ask(lab, "from work", { cwd: up(work) }), ask(lab, "from home", { cwd: up(home) })]);
    expect(await lab.network.tokensFor("from work")).toEqual(["sk-ant-oat01-fakeW"]);
    expect(await lab.network.tokensFor("from home")).toEqual(["sk-ant-oat01-fakeP"]);
  });

  test("is the one of the nearest file", async () => {
    await using lab = await twoProfiles(openLab);
    lab.write("project/.clauthrc", "work\n");
    lab.write("project/inner/.clauthrc", 'profile = "private"\n');
    await ask(lab, "outer", { cwd: lab.project });
    await ask(lab, "inner", { cwd: up(lab.write("project/inner/deep/file", "")) });
    expect(await lab.network.tokensFor("outer")).toEqual(["sk-ant-oat01-fakeW"]);
    expect(await lab.network.tokensFor("inner")).toEqual(["sk-ant-oat01-fakeP"]);
  });

  test("is the one that CLAUTH_PROFILE names, whatever the file says", async () => {
    await using lab = await twoProfiles(openLab);
    lab.write("project/.clauthrc", "work\n");
    await ask(lab, "env", { env: { CLAUTH_PROFILE: "private" } });
    expect(await lab.network.tokensFor("env")).toEqual(["sk-ant-oat01-fakeP"]);
  });

  test("is the one of the user's rule, then the default", async () => {
    await using lab = await twoProfiles(openLab);
    lab.write(
      join(lab.store, "clauth.toml"),
      'default = "private"\n\n[[rule]]\ndir = "~/project"\nprofile = "work"\n',
      0o600,
    );
    await ask(lab, "ruled");
    await ask(lab, "elsewhere", { cwd: up(lab.write("elsewhere/file", "")) });
    expect(await lab.network.tokensFor("ruled")).toEqual(["sk-ant-oat01-fakeW"]);
    expect(await lab.network.tokensFor("elsewhere")).toEqual(["sk-ant-oat01-fakeP"]);
  });

  test("is the one of ~/.claude where nothing applies, with the environment untouched", async () => {
    await using lab = await twoProfiles(openLab);
    await ask(lab, "plain");
    await ask(lab, "with key", { env: { ANTHROPIC_API_KEY: "sk-ant-api03-fakeKey" } });
    expect(await lab.network.tokensFor("plain")).toEqual(["sk-ant-oat01-fakeH"]);
    expect(await lab.network.tokensFor("with key")).toEqual(["sk-ant-api03-fakeKey"]);
  });

  test("is the profile's although the environment holds another login, and stderr names what was removed", async () => {
    await using lab = await twoProfiles(openLab);
    const finished = await ask(lab, "hello", {
      env: {
        CLAUTH_PROFILE: "work",
        ANTHROPIC_API_KEY: "sk-ant-api03-fakeKey",
        ANTHROPIC_BASE_URL: "https://claude.ai",
        CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-fakeX",
      },
    });
    expect(await lab.network.tokensFor("hello")).toEqual(["sk-ant-oat01-fakeW"]);
    expect(finished.stderr).toContain("ANTHROPIC_API_KEY");
    expect(finished.stderr).toContain("CLAUDE_CODE_OAUTH_TOKEN");
    expect(finished.stderr).not.toContain("sk-ant-");
  });

  test("is the parent's for a claude that a claude starts, before the default", async () => {
    await using lab = await twoProfiles(openLab);
    lab.write(join(lab.store, "clauth.toml"), 'default = "private"\n', 0o600);
    const outer = lab.write("outer/.clauthrc", "work\n");
    const finished = await ask(lab, "[[bash cd ~/project && claude -p nested </dev/null]]", {
      cwd: up(outer),
    });
    expect(finished.stdout).toStartWith("tool said: mock-reply to sk-ant-oat01-fakeW\n");
    expect(await lab.network.tokensFor("nested")).toEqual(["sk-ant-oat01-fakeW"]);
  });

  test("is the nested directory's own, and nothing goes to the parent profile's base URL", async () => {
    await using lab = await twoProfiles(openLab);
    lab.addProfile("gateway", { account: "G" }, 'base_url = "https://claude.ai"\n');
    const outer = lab.write("outer/.clauthrc", "gateway\n");
    lab.write("project/.clauthrc", "work\n");
    await ask(lab, "[[bash cd ~/project && claude -p nested </dev/null]]", { cwd: up(outer) });
    const messages = (await lab.network.requests()).filter(({ what }) => what === "POST /v1/messages");
    expect(messages.map(({ token, host }) => `${token} to ${host}`)).toEqual([
      "sk-ant-oat01-fakeG to claude.ai",
      "sk-ant-oat01-fakeW to api.anthropic.com",
      "sk-ant-oat01-fakeG to claude.ai",
    ]);
  });

  test("is the login of ~/.claude for a profile of that home, without CLAUDE_CONFIG_DIR", async () => {
    await using lab = await twoProfiles(openLab);
    lab.addProfile("mine", undefined, "home = true\n");
    const finished = await ask(lab, "[[bash printenv CLAUDE_CONFIG_DIR || echo unset]]", {
      env: { CLAUTH_PROFILE: "mine", ANTHROPIC_API_KEY: "sk-ant-api03-fakeKey" },
    });
    expect(finished.stdout).toBe("tool said: unset\n");
    const tokens = (await lab.network.requests()).filter(({ what }) => what === "POST /v1/messages");
    expect(tokens.map(({ token }) => token)).toEqual(["sk-ant-oat01-fakeH", "sk-ant-oat01-fakeH"]);
  });

  test("is nobody's where the profile is unknown: 125, and nothing is sent", async () => {
    await using lab = await twoProfiles(openLab);
    lab.write("project/.clauthrc", "wrok\n");
    const finished = await ask(lab, "hello");
    expect(finished).toMatchObject({ code: 125, stdout: "" });
    expect(finished.stderr).toContain("wrok");
    expect(finished.stderr).toContain("hint: ");
    expect(await lab.network.requests()).toEqual([]);
  });
});

/** Profiles `work` (account W) and `private` (P), and a login H in `~/.claude`. */
async function twoProfiles(openLab: OpenLab): Promise<Lab> {
  const lab = await openLab();
  lab.addProfile("work", { account: "W" });
  lab.addProfile("private", { account: "P" });
  lab.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  return lab;
}

function ask(lab: Lab, prompt: string, options?: RunOptions) {
  return lab.run(["claude", "-p", prompt, "--allowedTools", "Bash"], options);
}

function up(file: string): string {
  return join(file, "..");
}

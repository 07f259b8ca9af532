import { expect, test } from "bun:test";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";

/** What Claude Code pipes in, shortened; see code.claude.com/docs/en/statusline. */
const SESSION = JSON.stringify({
  session_id: "0",
  model: { id: "claude-fake", display_name: "Fake" },
  workspace: { current_dir: "/elsewhere" },
});

test("names profile, account and plan of the session that asks", async () => {
  using box = createFakeSandbox();
  box.write(box.profile("work", "account.json"), JSON.stringify({ oauthAccount: oauthAccountOf("W") }));
  const env = { CLAUDE_CONFIG_DIR: box.profile("work", "runtime"), CLAUTH_ACTIVE_PROFILE: "work" };
  expect(await line(box, env)).toBe("work · w@example.test · max\n");
});

test("goes by what the session runs under, not by what would be selected now", async () => {
  using box = createFakeSandbox();
  box.addProfile("other", { account: "O" });
  box.write("project/.clauthrc", "other\n");
  expect(await line(box, { CLAUDE_CONFIG_DIR: box.profile("work", "runtime") })).toBe("work · max\n");
});

test("shows the factor of the plan where the login tells it", async () => {
  using box = createFakeSandbox();
  const { claudeAiOauth } = JSON.parse(credentialsText({ account: "W" }));
  const login = { claudeAiOauth: { ...claudeAiOauth, rateLimitTier: "default_claude_max_20x" } };
  box.write(box.profile("work", "credentials.json"), JSON.stringify(login), 0o600);
  expect(await line(box, { CLAUDE_CONFIG_DIR: box.profile("work", "runtime") })).toBe("work · max 20x\n");
});

test.each([
  ["an API key", 'api_key = "sk-fake"\n', "work · API key\n"],
  ["the login in ~/.claude", "home = true\n", "work · h@example.test · max\n"],
])("of a profile with %s", async (_, config, shown) => {
  using box = createFakeSandbox();
  box.write(box.profile("work", "config.toml"), config, 0o600);
  box.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  box.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  const home = config.startsWith("home");
  const env = home ? {} : { CLAUDE_CONFIG_DIR: box.profile("work", "runtime") };
  expect(await line(box, { ...env, CLAUTH_ACTIVE_PROFILE: "work" })).toBe(shown);
});

test("where no profile applies shows whose login answers", async () => {
  using box = createFakeSandbox();
  box.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  expect(await line(box, {})).toBe("no profile · logged out\n");
  box.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  expect(await line(box, {})).toBe("no profile · h@example.test · max\n");
});

test("is one line and no escape, whatever stands in the files", async () => {
  using box = createFakeSandbox();
  const account = { oauthAccount: { emailAddress: "a@b\n\u001b[31mc" } };
  box.write(box.profile("work", "account.json"), JSON.stringify(account));
  const shown = await line(box, { CLAUDE_CONFIG_DIR: box.profile("work", "runtime") });
  expect(shown).toBe("work · a@b\uFFFD\uFFFD[31mc · max\n");
});

async function line(box: FakeSandbox, env: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await box.run(["clauth", "statusline"], { env, stdin: SESSION });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

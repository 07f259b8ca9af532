import { describe, expect, test } from "bun:test";
import { beatsLogin, IDENTITY_ENV, isIdentitySetting } from "../src/identity-keys.ts";

describe("variables that beat the login", () => {
  test.each([
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_VERTEX_BASE_URL",
    "ANTHROPIC_BEDROCK_MANTLE_BASE_URL",
    "CLAUDE_CODE_API_BASE_URL",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_UNIX_SOCKET",
    "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN_FILE",
    "ANTHROPIC_FEDERATION_RULE_ID",
    "ANTHROPIC_ORGANIZATION_ID",
    "ANTHROPIC_SERVICE_ACCOUNT_ID",
    "ANTHROPIC_PROFILE",
    "ANTHROPIC_CONFIG_DIR",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
    "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
    "CLAUDE_CODE_CUSTOM_OAUTH_URL",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
    "CLAUDE_CODE_USE_A_PROVIDER_OF_TOMORROW",
    "CLAUDE_CODE_USE_COWORK_PLUGINS",
    "CLAUDE_CODE_SIMPLE",
    "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST",
    "CLAUDE_CODE_REMOTE_TOOLS_PIN_STORED_LOGIN",
    "CLAUDE_SECURESTORAGE_CONFIG_DIR",
    "CLAUDE_CONFIG_DIR",
  ])("%s is one", (name) => {
    expect(beatsLogin(name)).toBe(true);
  });

  test.each([
    ["only a login reads it", "CLAUDE_CODE_OAUTH_REFRESH_TOKEN"],
    ["only a login reads it", "CLAUDE_CODE_OAUTH_SCOPES"],
    ["it chooses a model", "ANTHROPIC_MODEL"],
    ["it chooses a model", "ANTHROPIC_DEFAULT_OPUS_MODEL"],
    ["it chooses a model", "CLAUDE_CODE_SUBAGENT_MODEL"],
    ["it switches a feature", "CLAUDE_CODE_USE_NATIVE_FILE_SEARCH"],
    ["it switches a feature", "CLAUDE_CODE_USE_POWERSHELL_TOOL"],
    ["it sets a prompt", "CLAUDE_CODE_SIMPLE_SYSTEM_PROMPT"],
    ["names are case-sensitive", "anthropic_api_key"],
    ["a longer name is another name", "MY_ANTHROPIC_API_KEY"],
    ["no prefix of a name is a match", "ANTHROPIC_BASE_URLS"],
    ["nothing of ours is one", "CLAUTH_PROFILE"],
  ])("%s: %s is none", (_why, name) => {
    expect(beatsLogin(name)).toBe(false);
  });

  test("every entry is one of ANTHROPIC_ or CLAUDE_, which is looked at first", () => {
    for (const entry of IDENTITY_ENV) {
      expect("name" in entry ? entry.name : entry.pattern.source).toMatch(/^\^?(ANTHROPIC|CLAUDE)_/);
    }
  });

  test("every entry gives a reason", () => {
    for (const entry of IDENTITY_ENV) expect(entry.why).toMatch(/^[a-z].*[^.]$/);
  });
});

describe("settings that decide the identity", () => {
  test.each([
    [["apiKeyHelper"]],
    [["otelHeadersHelper"]],
    [["forceLoginMethod"]],
    [["forceLoginOrgUUID", "0"]],
    [["env", "ANTHROPIC_BASE_URL"]],
    [["env", "CLAUDE_CONFIG_DIR"]],
    [["env", "CLAUDE_SECURESTORAGE_CONFIG_DIR"]],
  ])("%j is one", (path) => {
    expect(isIdentitySetting(path)).toBe(true);
  });

  test.each([
    [[]],
    [["env"]],
    [["env", "EDITOR"]],
    [["model"]],
    [["ANTHROPIC_API_KEY"]],
    [["hooks", "apiKeyHelper"]],
  ])("%j is none", (path) => {
    expect(isIdentitySetting(path)).toBe(false);
  });

  test("keep_env lets a variable or a top-level key through, and nothing beside it", () => {
    const keep = ["ANTHROPIC_BASE_URL", "apiKeyHelper"];
    expect(isIdentitySetting(["env", "ANTHROPIC_BASE_URL"], keep)).toBe(false);
    expect(isIdentitySetting(["apiKeyHelper"], keep)).toBe(false);
    expect(isIdentitySetting(["env", "ANTHROPIC_API_KEY"], keep)).toBe(true);
  });
});

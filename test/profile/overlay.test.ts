import { describe, expect, test } from "bun:test";
import { overlayOf } from "../../src/profile/overlay.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";
import { parseProfileName } from "../../src/profile-name.ts";

function overlay(toml: string, clauthCommand = "/opt/clauth/bin/clauth") {
  const config = parseProfileConfig(toml, "config.toml");
  return overlayOf(config, { name: parseProfileName("me@work"), clauthCommand });
}

describe("the overlay of a profile", () => {
  test("a plain login has none", () => {
    expect(overlay("")).toEqual({});
  });

  test("an address, models and [env] become settings, [env] last", () => {
    const toml = `
base_url = "https://gateway.example"
[env]
ANTHROPIC_DEFAULT_OPUS_MODEL = "mine"
A = "1"
[models]
default = "gw"
opus = "gw-opus"
sonnet = "gw-sonnet"
haiku = "gw-haiku"
fable = "gw-fable"
subagent = "gw-sub"
`;
    expect(overlay(toml)).toEqual({
      env: {
        ANTHROPIC_BASE_URL: "https://gateway.example",
        ANTHROPIC_DEFAULT_OPUS_MODEL: "mine",
        ANTHROPIC_DEFAULT_SONNET_MODEL: "gw-sonnet",
        ANTHROPIC_DEFAULT_HAIKU_MODEL: "gw-haiku",
        ANTHROPIC_DEFAULT_FABLE_MODEL: "gw-fable",
        CLAUDE_CODE_SUBAGENT_MODEL: "gw-sub",
        A: "1",
      },
      model: "gw",
    });
  });

  test("an API key becomes a helper and stands nowhere itself (trap 27)", () => {
    const result = overlay('api_key = "sk-ant-api03-fakeKey"');
    expect(result).toEqual({ apiKeyHelper: "/opt/clauth/bin/clauth __api-key me@work" });
    expect(JSON.stringify(result)).not.toContain("fakeKey");
  });

  test.each([
    "/home/a b/clauth",
    "/home/o'brien/$(touch x)/clauth",
    "/home/a\nb/clauth",
    '/home/"x"/clauth',
    "/bin/echo",
  ])("the shell reads the helper's path %j as one word", async (path) => {
    const helper = overlay('api_key = "k"', path)["apiKeyHelper"];
    const shell = Bun.spawn(["sh", "-c", `printf '%s|' ${helper}`], { stdout: "pipe" });
    expect(await new Response(shell.stdout).text()).toBe(`${path}|__api-key|me@work|`);
  });

  test("a Windows path stands in double quotes", () => {
    expect(overlay('api_key = "k"', "C:\\Program Files\\clauth.exe")["apiKeyHelper"]).toBe(
      '"C:\\Program Files\\clauth.exe" __api-key me@work',
    );
  });

  test("an [env] entry named __proto__ stays an ordinary entry", () => {
    const { env } = overlay('[env]\n__proto__ = "x"\n');
    expect(JSON.stringify(env)).toBe('{"__proto__":"x"}');
  });
});

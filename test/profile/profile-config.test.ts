import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { isTable } from "../../src/config/toml.ts";
import { ClauthError } from "../../src/errors.ts";
import { judgeProfileConfig } from "../../src/profile/config-guard.ts";
import { parseProfileConfig, readProfileConfig } from "../../src/profile/profile-config.ts";

const root = mkdtempSync(join(tmpdir(), "clauth-profile-config-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function complaint(text: string): string {
  try {
    parseProfileConfig(text, "config.toml");
    return "accepted";
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    expect(error.kind).toBe("profile_config_invalid");
    return error.message;
  }
}

const PLAIN = {
  baseUrl: undefined,
  apiKey: undefined,
  account: undefined,
  env: [],
  models: [],
  isolate: [],
  keepEnv: [],
  home: false,
};

describe("config.toml of a profile", () => {
  test("a missing one means a plain login", () => {
    expect(readProfileConfig({ config: join(root, "missing", "config.toml") })).toEqual(PLAIN);
    expect(parseProfileConfig("", "config.toml")).toEqual(PLAIN);
  });

  test("the Rust tool's file is read, its other keys are left alone", () => {
    const text = `
# written by clauth 0.5.2
auto_start = true
fallback_threshold = 95.0
base_url = "https://gateway.example/v1"
api_key = "sk-ant-api03-fakeKey"
[env]
ANTHROPIC_MODEL = "gw"
API_TIMEOUT_MS = "60000"
[models]
opus = "gw-opus"
newer_tier = 5
[console]
token = "fake"
`;
    expect(parseProfileConfig(text, "config.toml")).toEqual({
      ...PLAIN,
      baseUrl: "https://gateway.example/v1",
      apiKey: "sk-ant-api03-fakeKey",
      env: [
        ["ANTHROPIC_MODEL", "gw"],
        ["API_TIMEOUT_MS", "60000"],
      ],
      models: [["opus", "gw-opus"]],
    });
  });

  test("our own keys are read", () => {
    const text = 'account = "me@example.test"\nisolate = ["agents"]\nkeep_env = ["ANTHROPIC_BASE_URL"]';
    expect(parseProfileConfig(text, "config.toml")).toEqual({
      ...PLAIN,
      account: "me@example.test",
      isolate: ["agents"],
      keepEnv: ["ANTHROPIC_BASE_URL"],
    });
    expect(parseProfileConfig('isolate = "all"', "config.toml").isolate).toBe("all");
    expect(parseProfileConfig("home = true", "config.toml").home).toBe(true);
  });

  test("a blank key or address counts as none", () => {
    expect(parseProfileConfig('api_key = ""\nbase_url = " "', "config.toml")).toEqual(PLAIN);
  });

  test("a byte order mark is no damage", () => {
    const config = join(root, "bom.toml");
    writeFileSync(config, "\uFEFFhome = true\n");
    expect(readProfileConfig({ config }).home).toBe(true);
  });

  test("bytes that are not UTF-8 are refused", () => {
    const config = join(root, "latin1.toml");
    writeFileSync(config, Uint8Array.of(0x61, 0x3d, 0x22, 0xe9, 0x22));
    expect(() => readProfileConfig({ config })).toThrow("is not UTF-8 text");
  });

  test.each([
    ["a = 1\nb = = 2\n", "config.toml:2: is not valid TOML"],
    ["\nbase_url = 5", "config.toml:2: base_url has to be an http or https address"],
    ['base_url = "file:///etc"', "config.toml:1: base_url has to be an http or https address"],
    ['base_url = "https://a.example/ "', "config.toml:1: base_url has to be an http or https address"],
    [
      'account = "a@b.example"\n[env]\nA = "1"\nB = 2',
      "config.toml:4: env.B has to be a variable with a text, and none that moves the configuration",
    ],
    [
      '[env]\nCLAUDE_CONFIG_DIR = "/elsewhere"',
      "config.toml:2: env.CLAUDE_CONFIG_DIR has to be a variable with a text, and none that moves the configuration",
    ],
    ["[models]\nopus = 4", "config.toml:2: models.opus has to be the name of a model"],
    ['isolate = ["a/b"]', 'config.toml:1: isolate has to be "all" or a list of names in ~/.claude'],
    ['isolate = [".."]', 'config.toml:1: isolate has to be "all" or a list of names in ~/.claude'],
    ['keep_env = "ALL"', "config.toml:1: keep_env has to be a list of names of variables"],
    ['home = "yes"', "config.toml:1: home has to be true or false"],
    [
      'home = true\napi_key = "k"',
      "config.toml:2: api_key can't stand beside home = true: that profile uses ~/.claude as it is",
    ],
    [
      "home = true\n[env]\nA = 'b'",
      "config.toml:2: env can't stand beside home = true: that profile uses ~/.claude as it is",
    ],
  ])("%j is refused with file and line", (text, message) => {
    expect(complaint(text)).toBe(message);
  });

  test("a key with a control character is refused (trap 27) and not shown", () => {
    const message = complaint('api_key = "sk-ant-api03-fake\\nX-Evil: 1"');
    expect(message).toContain("config.toml:1: api_key has to be a key");
    expect(message).not.toContain("fake");
  });

  test("a key on the wrong side of its equals sign is not shown", () => {
    expect(complaint("[env]\nsk-ant-api03-fake = 1")).not.toContain("sk-ant");
    expect(complaint("sk-ant-api03-fake")).not.toContain("sk-ant");
  });
});

test("any value is judged, and a fault names something that stands in it", () => {
  const keys = [
    "base_url",
    "api_key",
    "account",
    "isolate",
    "keep_env",
    "home",
    "env",
    "models",
    "auto_start",
  ];
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom("", "all", true, "https://a.example"));
  const document = fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), value);
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(document, fc.jsonValue()), (candidate) => {
      const judged = judgeProfileConfig(candidate);
      if ("config" in judged) accepted += 1;
      else expect(valueAt(candidate, judged.fault.keys)).toBeDefined();
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(50);
});

function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce(
    (inner, key) => (isTable(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    value,
  );
}

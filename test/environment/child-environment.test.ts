import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type ChildEnvironmentInput, childEnvironment } from "../../src/environment/child-environment.ts";
import { beatsLogin } from "../../src/identity-keys.ts";
import { parseProfileName } from "../../src/profile-name.ts";

const work = parseProfileName("work");
const priv = parseProfileName("private");

const tree = "/home/me/.clauth/profiles/work/runtime";

function child(input: Partial<ChildEnvironmentInput>) {
  return childEnvironment({
    env: {},
    platform: "linux",
    selection: { kind: "profile", name: work, explicit: false },
    configDir: tree,
    keepEnv: [],
    guard: { CLAUTH_GUARD: "1:" },
    ...input,
  });
}

const home = (input: Partial<ChildEnvironmentInput>) => {
  const { configDir: _, ...rest } = { configDir: tree, ...input };
  return childEnvironment({
    env: {},
    platform: "linux",
    selection: { kind: "profile", name: work, explicit: false },
    keepEnv: [],
    guard: {},
    ...rest,
  });
};

describe("under a profile", () => {
  test("the child gets the tree, the profile's name and the guard, and nothing else", () => {
    expect(child({ env: { EDITOR: "vi" } })).toEqual({
      set: { CLAUDE_CONFIG_DIR: tree, CLAUTH_ACTIVE_PROFILE: "work", CLAUTH_GUARD: "1:" },
      remove: [],
      removed: [],
    });
  });

  test("an explicit choice is handed on", () => {
    const { set } = child({ selection: { kind: "profile", name: work, explicit: true } });
    expect(set["CLAUTH_PROFILE"]).toBe("work");
  });

  test("what beats the login is removed and named, sorted, without any value (trap 25)", () => {
    const result = child({
      env: {
        CLAUDE_CODE_USE_BEDROCK: "1",
        ANTHROPIC_API_KEY: "sk-ant-api03-fake",
        ANTHROPIC_BASE_URL: "https://elsewhere.example",
        ANTHROPIC_CUSTOM_HEADERS: "authorization: Bearer fake",
        CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-fake",
        ANTHROPIC_PROFILE: "ci",
        PATH: "/bin",
      },
    });
    expect(result.removed).toEqual([
      "ANTHROPIC_API_KEY",
      "ANTHROPIC_BASE_URL",
      "ANTHROPIC_CUSTOM_HEADERS",
      "ANTHROPIC_PROFILE",
      "CLAUDE_CODE_OAUTH_TOKEN",
      "CLAUDE_CODE_USE_BEDROCK",
    ]);
    expect(result.remove).toEqual(result.removed);
    expect(JSON.stringify(result)).not.toContain("fake");
  });

  test("what only a login reads stays, and so does a choice of models", () => {
    const env = {
      CLAUDE_CODE_OAUTH_REFRESH_TOKEN: "sk-ant-ort01-fake",
      CLAUDE_CODE_OAUTH_SCOPES: "user:inference",
      ANTHROPIC_MODEL: "claude-x",
    };
    expect(child({ env }).remove).toEqual([]);
  });

  test("an empty value goes without a word, because it has no effect", () => {
    const result = child({ env: { ANTHROPIC_API_KEY: "" } });
    expect(result).toMatchObject({ remove: ["ANTHROPIC_API_KEY"], removed: [] });
  });

  test("an empty CLAUDE_SECURESTORAGE_CONFIG_DIR is named: it reads the login of ~/.claude", () => {
    const result = child({ env: { CLAUDE_SECURESTORAGE_CONFIG_DIR: "" } });
    expect(result.removed).toEqual(["CLAUDE_SECURESTORAGE_CONFIG_DIR"]);
  });

  test("keep_env keeps what it names", () => {
    const env = { ANTHROPIC_BASE_URL: "http://gateway.example", ANTHROPIC_API_KEY: "k" };
    expect(child({ env, keepEnv: ["ANTHROPIC_BASE_URL"] }).remove).toEqual(["ANTHROPIC_API_KEY"]);
  });

  test("the user's own CLAUDE_CONFIG_DIR is replaced and named", () => {
    const result = child({ env: { CLAUDE_CONFIG_DIR: "/opt/mine" }, keepEnv: ["CLAUDE_CONFIG_DIR"] });
    expect(result).toMatchObject({
      set: { CLAUDE_CONFIG_DIR: tree },
      remove: [],
      removed: ["CLAUDE_CONFIG_DIR"],
    });
  });

  test("on Windows a variable beats the login in any case of letters", () => {
    const env = { Anthropic_Api_Key: "k" };
    expect(child({ env, platform: "win32" }).removed).toEqual(["Anthropic_Api_Key"]);
    expect(child({ env }).removed).toEqual([]);
  });

  test("whatever the environment holds, the child's login decides", () => {
    const name = fc.oneof(
      fc.constantFrom("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_SIMPLE", "CLAUDE_CONFIG_DIR"),
      fc.string(),
    );
    const overlay = fc.dictionary(name, fc.string());
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), overlay, fc.boolean(), (env, exported, nested) => {
        const parent = {
          name: nested ? work : priv,
          ownsConfigDir: nested,
          overlays: [{ env: exported }],
          known: true,
        };
        const { set, remove, removed } = child({ env, parent });
        const rest = Object.keys(env).filter((key) => !remove.includes(key) && !Object.hasOwn(set, key));
        expect(rest.filter(beatsLogin)).toEqual([]);
        expect(removed.every((key) => Object.hasOwn(env, key))).toBe(true);
      }),
    );
  });
});

describe("under a --home profile", () => {
  test("the environment is cleaned the same way and CLAUDE_CONFIG_DIR is unset", () => {
    const result = home({
      env: { CLAUDE_CONFIG_DIR: tree, ANTHROPIC_API_KEY: "k" },
      parent: { name: priv, ownsConfigDir: true, overlays: [], known: true },
    });
    expect(result).toEqual({
      set: { CLAUTH_ACTIVE_PROFILE: "work" },
      remove: ["ANTHROPIC_API_KEY", "CLAUDE_CONFIG_DIR"],
      removed: ["ANTHROPIC_API_KEY"],
    });
  });
});

describe("a claude started by a claude", () => {
  const overlay = {
    apiKeyHelper: "/x/clauth __api-key private",
    env: { ANTHROPIC_BASE_URL: "https://gateway.example", ANTHROPIC_MODEL: "gw-model", HTTP_TIMEOUT: "9" },
  };
  const exported = { ...overlay.env, CLAUDE_CONFIG_DIR: "/s/profiles/private/runtime" };
  const parent = { name: priv, ownsConfigDir: true, overlays: [overlay], known: true };

  test("sheds the overlay of a parent of another profile (trap 24)", () => {
    const result = child({ env: exported, parent });
    expect(result.remove).toEqual(["ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "HTTP_TIMEOUT"]);
    expect(result.removed).toEqual(result.remove);
    expect(result.set["CLAUDE_CONFIG_DIR"]).toBe(tree);
  });

  test("sheds it even where keep_env names it: the value is the parent profile's, not the user's", () => {
    expect(child({ env: exported, parent, keepEnv: ["ANTHROPIC_BASE_URL"] }).remove).toContain(
      "ANTHROPIC_BASE_URL",
    );
  });

  test("keeps a variable that the user changed away from the overlay and that beats nothing", () => {
    const result = child({ env: { ...exported, ANTHROPIC_MODEL: "mine" }, parent });
    expect(result.remove).not.toContain("ANTHROPIC_MODEL");
  });

  test("says nothing of the overlay of its own profile, whose settings bring the same values back", () => {
    const result = child({
      selection: { kind: "profile", name: priv, explicit: false },
      env: exported,
      parent,
    });
    expect(result).toMatchObject({ remove: ["ANTHROPIC_BASE_URL"], removed: [] });
  });

  test("`system` loses what the profile brought in and keeps what the user set", () => {
    const result = child({
      selection: { kind: "system" },
      env: { ...exported, ANTHROPIC_API_KEY: "mine", CLAUTH_ACTIVE_PROFILE: "private" },
      parent,
    });
    expect(result).toEqual({
      set: { CLAUTH_GUARD: "1:" },
      remove: [
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_MODEL",
        "CLAUDE_CONFIG_DIR",
        "CLAUTH_ACTIVE_PROFILE",
        "HTTP_TIMEOUT",
      ],
      removed: ["ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "HTTP_TIMEOUT"],
    });
  });

  test("a CLAUDE_CONFIG_DIR of the user's own loses what the profile brought in, as `system` does", () => {
    const own = {
      CLAUDE_CONFIG_DIR: "/opt/mine",
      CLAUTH_ACTIVE_PROFILE: "private",
      ANTHROPIC_API_KEY: "mine",
    };
    const result = child({
      selection: { kind: "none" },
      env: { ...exported, ...own },
      parent: { ...parent, ownsConfigDir: false },
    });
    expect(result).toEqual({
      set: { CLAUTH_GUARD: "1:" },
      remove: ["ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "CLAUTH_ACTIVE_PROFILE", "HTTP_TIMEOUT"],
      removed: ["ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "HTTP_TIMEOUT"],
    });
  });

  test("`system` loses a key of the overlay that decides the identity whatever its value is now", () => {
    const result = child({
      selection: { kind: "system" },
      env: { ...exported, ANTHROPIC_BASE_URL: "https://gateway.example/", ANTHROPIC_MODEL: "mine" },
      parent,
    });
    expect(result.removed).toEqual(["ANTHROPIC_BASE_URL", "HTTP_TIMEOUT"]);
  });

  test("sheds what any of the parent's running sessions had, not only its latest overlay", () => {
    const former = {
      env: { HTTPS_PROXY: "http://former.example", ANTHROPIC_BASE_URL: "https://former.example" },
    };
    const env = { ...former.env, CLAUTH_ACTIVE_PROFILE: "private" };
    const input = { env, parent: { ...parent, overlays: [former, overlay] } };
    expect(child({ ...input, selection: { kind: "system" } }).removed).toEqual(
      Object.keys(former.env).sort(),
    );
    expect(child(input).removed).toEqual(Object.keys(former.env).sort());
  });

  test("sheds all that decides, and every name of the profile's, where the parent's overlays are not known", () => {
    const input = {
      env: { ANTHROPIC_BASE_URL: "https://any.example", HTTP_TIMEOUT: "1", EDITOR: "vi" },
      keepEnv: ["ANTHROPIC_BASE_URL"],
      parent: { ...parent, known: false },
    };
    expect(child({ ...input, selection: { kind: "system" } }).removed).toEqual([
      "ANTHROPIC_BASE_URL",
      "HTTP_TIMEOUT",
    ]);
    expect(child(input).removed).toEqual(["ANTHROPIC_BASE_URL", "HTTP_TIMEOUT"]);
  });

  test("a variable named like an inherited property of objects is no part of an overlay", () => {
    expect(child({ env: { constructor: "x", __proto__: "y" }, parent }).remove).toEqual([]);
  });
});

describe("without a profile", () => {
  test("`system` leaves a CLAUDE_CONFIG_DIR of the user's own", () => {
    const result = child({ selection: { kind: "system" }, env: { CLAUDE_CONFIG_DIR: "/opt/mine" } });
    expect(result.remove).toEqual([]);
  });

  test("the environment stays as it is, but for the guard", () => {
    const env = { ANTHROPIC_API_KEY: "k", CLAUDE_CONFIG_DIR: "/opt/mine", CLAUTH_ACTIVE_PROFILE: "x" };
    expect(child({ selection: { kind: "none" }, env })).toEqual({
      set: { CLAUTH_GUARD: "1:" },
      remove: [],
      removed: [],
    });
  });
});

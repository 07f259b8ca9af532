import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../src/context.ts";
import { refuseSdkFederation } from "../../src/environment/sdk-federation.ts";
import { ClauthError } from "../../src/errors.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";

let home = "";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-federation-"));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function sdkProfile(directory: string, name: string, type = "oidc_federation"): string {
  const configs = join(home, directory, "configs");
  mkdirSync(configs, { recursive: true });
  const file = join(configs, `${name}.json`);
  writeFileSync(file, JSON.stringify({ authentication: { type } }));
  return file;
}

function refused(toml = "", env: Environment = {}): string | undefined {
  try {
    refuseSdkFederation({ env, home, platform: "linux" }, parseProfileConfig(toml, "config.toml"));
    return undefined;
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    expect(error.kind).toBe("sdk_federation_wins");
    return error.path;
  }
}

describe("an active federation of the Anthropic SDK", () => {
  test("stops a start, because Claude prefers it to the profile's login", () => {
    expect(refused()).toBeUndefined();
    const file = sdkProfile(".config/anthropic", "default");
    expect(refused()).toBe(file);
    expect(refused("", { ANTHROPIC_CONFIG_DIR: "/elsewhere" })).toBe(file);
  });

  test("is found by its name in active_config, and below XDG_CONFIG_HOME", () => {
    sdkProfile(".config/anthropic", "default");
    writeFileSync(join(home, ".config/anthropic/active_config"), "work\n");
    expect(refused()).toBeUndefined();
    const file = sdkProfile(".config/anthropic", "work");
    expect(refused()).toBe(file);
    expect(refused("", { XDG_CONFIG_HOME: join(home, "xdg") })).toBeUndefined();
  });

  test("is no other kind of SDK profile, and no damaged one", () => {
    const file = sdkProfile(".config/anthropic", "default", "user_oauth");
    expect(refused()).toBeUndefined();
    writeFileSync(file, "{");
    expect(refused()).toBeUndefined();
  });

  test.each([
    ['api_key = "k"'],
    ['[env]\nANTHROPIC_CONFIG_DIR = "/nonexistent"'],
    ['[env]\nANTHROPIC_AUTH_TOKEN = "t"'],
    ['[env]\nCLAUDE_CODE_USE_BEDROCK = "1"'],
    ['keep_env = ["ANTHROPIC_CONFIG_DIR"]'],
  ])("stops nothing where the profile says %j", (toml) => {
    sdkProfile(".config/anthropic", "default");
    expect(refused(toml)).toBeUndefined();
    expect(refused()).toBeDefined();
  });
});

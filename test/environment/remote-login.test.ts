import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../src/context.ts";
import { refuseRemoteLogin } from "../../src/environment/remote-login.ts";
import { ClauthError } from "../../src/errors.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";

let remote = "";

beforeEach(() => {
  remote = mkdtempSync(join(tmpdir(), "clauth-remote-"));
});

afterEach(() => rmSync(remote, { recursive: true, force: true }));

function put(name: string, text = "sk-ant-oat01-fakeRemote\n"): string {
  const path = join(remote, name);
  writeFileSync(path, text);
  return path;
}

function refused(toml = "", env: Environment = {}): string | undefined {
  try {
    refuseRemoteLogin({ env }, parseProfileConfig(toml, "config.toml"), remote);
    return undefined;
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    expect(error).toMatchObject({ kind: "remote_login_wins", exitCode: 125 });
    expect(`${error.message} ${error.hint}`).not.toContain("fakeRemote");
    return error.path;
  }
}

test.each([".oauth_token", ".api_key"])("%s of a remote container stops a start of a login", (name) => {
  expect(refused()).toBeUndefined();
  const path = put(name);
  expect(refused()).toBe(path);
  expect(refused("home = true")).toBe(path);
  expect(refused('[env]\nANTHROPIC_BASE_URL = "https://gateway.example"')).toBe(path);
});

test("what Claude Code does not take for a login stops nothing", () => {
  put(".session_ingress_token");
  put(".oauth_token", " \n");
  expect(refused()).toBeUndefined();
});

test.skipIf(process.getuid?.() === 0)("a file that this user can't read is none for Claude either", () => {
  chmodSync(put(".api_key"), 0);
  expect(refused()).toBeUndefined();
});

test.each([
  ['api_key = "k"', [".oauth_token", ".api_key"]],
  ['[env]\nANTHROPIC_AUTH_TOKEN = "t"', [".oauth_token", ".api_key"]],
  ['[env]\nCLAUDE_CODE_USE_BEDROCK = "1"', [".oauth_token", ".api_key"]],
  ['[env]\nCLAUDE_CODE_OAUTH_TOKEN = "t"', [".oauth_token"]],
  ['keep_env = ["CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR"]', [".oauth_token"]],
  ['keep_env = ["CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR"]', [".api_key"]],
])("where the profile says %j they are no rivals: %j", (toml, losers) => {
  for (const name of [".oauth_token", ".api_key"]) {
    const path = put(name);
    expect(refused(toml)).toBe(losers.includes(name) ? undefined : path);
    rmSync(path);
  }
});

test("a variable that the profile keeps counts where it is set", () => {
  const path = put(".api_key");
  const toml = 'keep_env = ["ANTHROPIC_AUTH_TOKEN"]';
  expect(refused(toml)).toBe(path);
  expect(refused(toml, { ANTHROPIC_AUTH_TOKEN: "t" })).toBeUndefined();
});

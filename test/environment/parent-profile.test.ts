import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parentProfile } from "../../src/environment/parent-profile.ts";
import { profilePathsOf, storeOf } from "../../src/paths.ts";
import { parseProfileName } from "../../src/profile-name.ts";

let home = "";

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-parent-")));
  mkdirSync(paths().base, { recursive: true });
  writeFileSync(paths().config, '[env]\nNO_PROXY = "now"\n');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const paths = () => profilePathsOf(storeOf({ env: {}, home }), parseProfileName("work"));

function parent(env: Readonly<Record<string, string>> = { CLAUDE_CONFIG_DIR: paths().runtime }) {
  return parentProfile({ env, home, cwd: home }, storeOf({ env: {}, home }));
}

function note(text: string): void {
  writeFileSync(join(paths().base, "overlay.json"), text);
}

const applied = [{ env: { NO_PROXY: "former" } }, { env: { NO_PROXY: "latter" } }];

test("the claude around a call may have exported every overlay that was noted", () => {
  note(JSON.stringify({ applied, keep: [] }));
  const expected = { name: parseProfileName("work"), overlays: applied, known: true };
  expect(parent()).toEqual({ ...expected, ownsConfigDir: true });
  expect(parent({ CLAUTH_ACTIVE_PROFILE: "work" })).toEqual({ ...expected, ownsConfigDir: false });
  expect(parent({})).toBeUndefined();
});

test.each([undefined, "", "{", "{}", '{"applied":[1]}'])(
  "where the note says %j they are unknown, and config.toml gives the names",
  (text) => {
    if (text !== undefined) note(text);
    expect(parent()).toMatchObject({ overlays: [{ env: { NO_PROXY: "now" } }], known: false });
  },
);

test("neither a note nor a config.toml that can't be read stops a call", () => {
  mkdirSync(join(paths().base, "overlay.json"));
  writeFileSync(paths().config, "home = 1");
  expect(parent()).toMatchObject({ overlays: [], known: false });
});

test("a profile of ~/.claude exports nothing", () => {
  writeFileSync(paths().config, "home = true\n");
  expect(parent({ CLAUTH_ACTIVE_PROFILE: "work" })).toMatchObject({ overlays: [], known: true });
});

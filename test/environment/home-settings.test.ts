import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refuseHomeSettings } from "../../src/environment/home-settings.ts";
import { ClauthError } from "../../src/errors.ts";

let home = "";

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-home-settings-")));
  mkdirSync(join(home, ".claude"));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function settings(content: object, name = "settings.json"): void {
  writeFileSync(join(home, ".claude", name), JSON.stringify(content));
}

function refusal(cwd = home, keep: string[] = [], spelled = home): ClauthError | undefined {
  try {
    refuseHomeSettings({ cwd, home: spelled }, keep);
    return undefined;
  } catch (error) {
    if (error instanceof ClauthError) return error;
    throw error;
  }
}

test.each(["settings.json", "settings.local.json"])(
  "%s stops a start in the home directory (trap 26)",
  (name) => {
    settings({ env: { ANTHROPIC_API_KEY: "sk-ant-api03-fake" } }, name);
    const error = refusal();
    expect(error?.kind).toBe("home_settings_win");
    expect(error?.message).toContain(`env.ANTHROPIC_API_KEY of ${join(home, ".claude", name)}`);
    expect(error?.hint).toContain('keep_env = ["ANTHROPIC_API_KEY"]');
    expect(error?.message).not.toContain("sk-ant");
  },
);

test("a start anywhere else is not stopped", () => {
  settings({ apiKeyHelper: "x" });
  mkdirSync(join(home, "p"));
  expect(refusal(join(home, "p"))).toBeUndefined();
  expect(refusal()?.kind).toBe("home_settings_win");
});

test("a home that is spelled through a symlink is the same place", () => {
  settings({ apiKeyHelper: "x" });
  const spelled = `${home}-link`;
  symlinkSync(home, spelled);
  try {
    expect(refusal(home, [], spelled)?.kind).toBe("home_settings_win");
  } finally {
    rmSync(spelled);
  }
});

test("keep_env, other keys and missing settings stop nothing", () => {
  expect(refusal()).toBeUndefined();
  settings({ apiKeyHelper: "x", model: "y", hooks: {} });
  expect(refusal(home, ["apiKeyHelper"])).toBeUndefined();
});

test.each([
  ["a byte that is not UTF-8", Buffer.from('{"apiKeyHelper":"x","note":"\xff"}', "latin1")],
  ["UTF-16", Buffer.from('\uFEFF{"apiKeyHelper":"x"}', "utf16le")],
])("%s keeps Claude from nothing, and us neither", (_what, bytes) => {
  writeFileSync(join(home, ".claude", "settings.json"), bytes);
  expect(refusal()?.kind).toBe("home_settings_win");
});

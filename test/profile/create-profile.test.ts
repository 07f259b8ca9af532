import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDirectory } from "../../src/disk/directory.ts";
import { profilePathsOf, type Store, storeOf } from "../../src/paths.ts";
import { createProfile } from "../../src/profile/create-profile.ts";
import { listProfiles } from "../../src/profile/profiles.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { credentialsText } from "../support/claude-login.ts";
import { kindOf } from "../support/faults.ts";

let home = "";
let store: Store;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-create-"));
  store = storeOf({ env: {}, home });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;
const NAME = parseProfileName("work");
const LOGIN = new TextEncoder().encode(credentialsText({ account: "W" }));

test("a profile stands in the list, with its login, for its owner alone", () => {
  createProfile(store, NAME, {}, LOGIN);
  expect(listProfiles(store)).toEqual([NAME]);
  const { root, credentials } = profilePathsOf(store, NAME);
  expect(readdirSync(root)).toEqual(["credentials.json"]);
  expect([store.root, store.profiles, root].map(modeOf)).toEqual([0o700, 0o700, 0o700]);
  expect(modeOf(credentials)).toBe(0o600);
});

test("an API key stands in its config.toml, for its owner alone", () => {
  createProfile(store, NAME, { apiKey: "sk-ant-api03-fake" });
  const { config } = profilePathsOf(store, NAME);
  expect(readFileSync(config, "utf8")).toBe('api_key = "sk-ant-api03-fake"\n');
  expect(modeOf(config)).toBe(0o600);
});

test("a name that is taken in any case is refused, and what has it stays", () => {
  createProfile(store, parseProfileName("Work"), {}, LOGIN);
  expect(kindOf(() => createProfile(store, NAME, {}))).toBe("profile_exists");
  expect(readdirSync(profilePathsOf(store, parseProfileName("Work")).root)).toEqual(["credentials.json"]);
});

test("one that can't be listed leaves no second holder of its login (invariant 2)", () => {
  ensureDirectory(store.root);
  symlinkSync(join(home, "nowhere", "profiles.toml"), store.profileList);
  expect(() => createProfile(store, NAME, { apiKey: "k" }, LOGIN)).toThrow("profiles.toml");
  expect(readdirSync(store.profiles)).toEqual([]);
});

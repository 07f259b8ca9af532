import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDirectory } from "../../src/disk/directory.ts";
import { type Store, storeOf } from "../../src/paths.ts";
import { createProfile } from "../../src/profile/create-profile.ts";
import { listProfiles } from "../../src/profile/profiles.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { credentialsText } from "../support/claude-login.ts";

let home = "";
let store: Store;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-create-"));
  store = storeOf({ env: {}, home });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const NAME = parseProfileName("work");
const LOGIN = new TextEncoder().encode(credentialsText({ account: "W" }));

test("a profile stands in the list, with its login", () => {
  createProfile(store, NAME, {}, LOGIN);
  expect(listProfiles(store)).toEqual([NAME]);
  expect(readdirSync(join(store.profiles, NAME))).toEqual(["credentials.json"]);
});

test("one that can't be listed leaves no second holder of its login (invariant 2)", () => {
  ensureDirectory(store.root);
  symlinkSync(join(home, "nowhere", "profiles.toml"), store.profileList);
  expect(() => createProfile(store, NAME, { apiKey: "k" }, LOGIN)).toThrow("profiles.toml");
  expect(readdirSync(store.profiles)).toEqual([]);
});

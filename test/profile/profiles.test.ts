import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClauthError } from "../../src/errors.ts";
import { type Store, storeOf } from "../../src/paths.ts";
import { refuseForeignStore } from "../../src/profile/foreign-store.ts";
import {
  addToProfileList,
  listProfiles,
  profileExists,
  removeFromProfileList,
  renameInProfileList,
} from "../../src/profile/profiles.ts";
import { parseProfileName } from "../../src/profile-name.ts";

let root = "";
let store: Store;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-profiles-"));
  store = storeOf({ env: { CLAUTH_HOME: join(root, "store") }, home: root });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function profile(name: string): void {
  mkdirSync(join(store.profiles, name), { recursive: true });
}

function kindOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    return error instanceof ClauthError ? error.kind : String(error);
  }
  return "no error";
}

describe("the profiles of a store", () => {
  test("a missing store has none", () => {
    expect(listProfiles(store)).toEqual([]);
    expect(profileExists(store, "work")).toBeUndefined();
  });

  test("are those listed by the Rust tool in its order, then the directories that it does not list", () => {
    for (const name of ["alpha", "work", "zeta"]) profile(name);
    writeFileSync(store.profileList, 'profiles = ["zeta", "Work"]\n');
    expect(listProfiles(store).map(String)).toEqual(["zeta", "Work", "alpha"]);
  });

  test("Claude's lock directories, files and impossible names are none", () => {
    for (const name of ["work", "work.lock", ".hidden", "run", "a b"]) profile(name);
    writeFileSync(join(store.profiles, "notes"), "");
    expect(listProfiles(store).map(String)).toEqual(["work"]);
    expect(profileExists(store, "notes")).toBeUndefined();
    expect(profileExists(store, "work.lock")).toBeUndefined();
  });

  test("a name is found in any case, in its stored spelling; the exact one wins", () => {
    for (const name of ["Work", "me", "ME"]) profile(name);
    expect(String(profileExists(store, "wORK"))).toBe("Work");
    expect(String(profileExists(store, "me"))).toBe("me");
    expect(String(profileExists(store, "ME"))).toBe("ME");
  });

  test("one that is only listed exists too: the Rust tool makes its directory when needed", () => {
    mkdirSync(store.root);
    writeFileSync(store.profileList, 'profiles = ["Listed"]\n');
    expect(String(profileExists(store, "listed"))).toBe("Listed");
  });

  test("a damaged list stops no profile that has a directory, and is said where the list is needed", () => {
    profile("work");
    writeFileSync(store.profileList, "profiles = [");
    expect(String(profileExists(store, "work"))).toBe("work");
    expect(kindOf(() => profileExists(store, "other"))).toBe("profile_list_invalid");
    expect(kindOf(() => listProfiles(store))).toBe("profile_list_invalid");
  });

  test("a symlink in the place of a profile's directory does not pass for no profile", () => {
    mkdirSync(store.profiles, { recursive: true });
    symlinkSync("/nowhere", join(store.profiles, "work"));
    expect(String(profileExists(store, "work"))).toBe("work");
  });

  test.each(["", "..", "../x", "a/b", "-x"])("%j is no profile", (name) => {
    profile("x");
    expect(profileExists(store, name)).toBeUndefined();
  });
});

describe("editing the list", () => {
  test("adding, renaming and removing keeps the rest to the byte", () => {
    mkdirSync(store.root);
    const text = '# mine\nprofiles = ["a"] # order\n[last_kick_at]\na = 1\n';
    writeFileSync(store.profileList, text);
    addToProfileList(store, parseProfileName("b"));
    renameInProfileList(store, parseProfileName("b"), parseProfileName("c"));
    expect(readFileSync(store.profileList, "utf8")).toBe(text.replace('["a"]', '["a", "c"]'));
    removeFromProfileList(store, parseProfileName("c"));
    expect(readFileSync(store.profileList, "utf8")).toBe(text);
  });

  test("a list is made where there is none, for the owner alone", () => {
    mkdirSync(store.root);
    addToProfileList(store, parseProfileName("a"));
    expect(readFileSync(store.profileList, "utf8")).toBe('profiles = ["a"]\n');
    expect(statSync(store.profileList).mode & 0o777).toBe(0o600);
  });

  test("nothing is written where nothing changes", () => {
    mkdirSync(store.root);
    removeFromProfileList(store, parseProfileName("a"));
    expect(() => statSync(store.profileList)).toThrow("ENOENT");
  });
});

test("a store of another tool is refused", () => {
  mkdirSync(store.root);
  refuseForeignStore(store);
  writeFileSync(join(store.root, "folders.json"), "{}");
  expect(kindOf(() => refuseForeignStore(store))).toBe("foreign_store");
});

test("a name that two profiles have but for its case is refused, and each is found by its own", () => {
  for (const name of ["Work", "work"]) profile(name);
  expect(String(profileExists(store, "work"))).toBe("work");
  expect(String(profileExists(store, "Work"))).toBe("Work");
  expect(kindOf(() => profileExists(store, "WORK"))).toBe("profile_name_ambiguous");
});

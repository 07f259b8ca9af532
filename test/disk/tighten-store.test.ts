import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { areTight, placesInStore } from "../../src/disk/tight.ts";
import { tightenProfile, tightenStore } from "../../src/disk/tighten-store.ts";
import { type ProfilePaths, profilePathsOf, type Store, storeOf } from "../../src/paths.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { errorOf, failing, kindOf } from "../support/faults.ts";

let home = "";
let store: Store;
let work: ProfilePaths;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-tighten-"));
  store = storeOf({ env: {}, home });
  work = profilePathsOf(store, parseProfileName("work"));
  for (const directory of [work.root, work.base, work.runtime])
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const file of [store.config, work.credentials]) writeFileSync(file, "", { mode: 0o600 });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** As a start does. */
const tightenBoth = (user?: number) => [...tightenStore(store, user), ...tightenProfile(work, user)];

const modeOf = (path: string) => statSync(path).mode & 0o7777;

test("a store that is in order is left alone, without a word", () => {
  const lines = testOnlyWithFaults(
    () => ({ chmod: failing("EPERM") }),
    () => tightenBoth(),
  );
  expect(lines).toEqual([]);
});

test("a directory that its user can't list is for the long way to judge, and keeps its mode", () => {
  chmodSync(store.profiles, 0o300);
  expect(areTight(placesInStore(store.root), process.geteuid?.() ?? 0)).toBe(false);
  expect(tightenBoth()).toEqual([]);
  expect(modeOf(store.profiles)).toBe(0o300);
  chmodSync(store.profiles, 0o700);
});

test("a store that is not there yet is in order, and nothing is made", () => {
  rmSync(store.root, { recursive: true });
  expect(tightenBoth()).toEqual([]);
  expect(readdirSync(home)).toEqual([]);
});

describe("looser but ours", () => {
  test("files and directories of a umask of 002 are tightened, and each is said once (trap 1)", () => {
    chmodSync(work.root, 0o775);
    chmodSync(work.credentials, 0o664);
    expect(tightenBoth()).toEqual([
      `${work.root} was open to others (0775) and is now 0700`,
      `${work.credentials} was open to others (0664) and is now 0600`,
    ]);
    expect([modeOf(work.root), modeOf(work.credentials)]).toEqual([0o700, 0o600]);
    expect(tightenBoth()).toEqual([]);
  });

  test("another profile is not this call's business", () => {
    chmodSync(work.credentials, 0o644);
    expect(tightenStore(store)).toEqual([]);
  });

  test("a disk that does not let us is said in its meaning", () => {
    chmodSync(work.credentials, 0o644);
    const kind = testOnlyWithFaults(
      () => ({ chmod: failing("EROFS") }),
      () => kindOf(() => tightenBoth()),
    );
    expect(kind).toBe("store_read_only");
  });
});

describe("refused, with the cure and nothing changed", () => {
  test("a directory that every user can write", () => {
    chmodSync(work.root, 0o775);
    chmodSync(work.sessions.replace(/sessions$/, "base"), 0o777);
    const error = errorOf(() => tightenBoth());
    expect(error?.kind).toBe("store_unsafe");
    expect(error?.hint).toContain(`chmod o-w ${work.base}`);
    expect(modeOf(work.root)).toBe(0o775);
  });

  test("a file that every user can write", () => {
    chmodSync(store.config, 0o602);
    expect(errorOf(() => tightenStore(store))?.path).toBe(store.config);
  });

  const asRoot = test.if(process.geteuid?.() === 0);
  asRoot.each([
    ["root's, left by sudo", 0, 1000, "chown -R"],
    ["another user's", 1000, 1001, "chown -R"],
    ["a user's, where we are root", 1000, 0, "without sudo"],
  ])("what is %s", (_name, owner, we, cure) => {
    for (const path of [store.root, store.profiles, work.root, work.base, work.runtime])
      lchownSync(path, we, we);
    for (const path of [store.config, work.credentials]) lchownSync(path, we, we);
    expect(kindOf(() => tightenBoth(we))).toBe("none");
    lchownSync(work.credentials, owner, owner);
    const error = errorOf(() => tightenBoth(we));
    expect(error?.kind).toBe("store_unsafe");
    expect(error?.path).toBe(work.credentials);
    expect(error?.hint).toContain(cure);
  });

  test.each(["base", "runtime", "sessions", "backups"] as const)("a link in place of %s/", (name) => {
    rmSync(work[name], { recursive: true, force: true });
    mkdirSync(join(home, "elsewhere"), { mode: 0o700 });
    symlinkSync(join(home, "elsewhere"), work[name]);
    expect(errorOf(() => tightenBoth())?.path).toBe(work[name]);
  });

  test("a dangling link in place of a directory", () => {
    symlinkSync("nowhere", work.sessions);
    expect(kindOf(() => tightenBoth())).toBe("store_unsafe");
  });
});

describe("links that are the user's own arrangement", () => {
  test("$CLAUTH_HOME itself may be one, and what it leads to is looked at", () => {
    renameSync(store.root, join(home, "real"));
    symlinkSync("real", store.root);
    expect(tightenBoth()).toEqual([]);
    chmodSync(join(home, "real"), 0o777);
    expect(kindOf(() => tightenBoth())).toBe("store_unsafe");
  });

  test("clauth.toml may lead to a dotfiles repository, whose mode is not ours to change", () => {
    rmSync(store.config);
    writeFileSync(join(home, "dotfile.toml"), "", { mode: 0o644 });
    symlinkSync(join(home, "dotfile.toml"), store.config);
    expect(tightenStore(store)).toEqual([]);
    expect(modeOf(join(home, "dotfile.toml"))).toBe(0o644);
  });

  test("clauth.toml may not lead to a file that every user can write", () => {
    rmSync(store.config);
    writeFileSync(join(home, "dotfile.toml"), "");
    chmodSync(join(home, "dotfile.toml"), 0o666);
    symlinkSync(join(home, "dotfile.toml"), store.config);
    expect(kindOf(() => tightenStore(store))).toBe("store_unsafe");
  });
});

describe("what is no store", () => {
  test("a directory that CLAUTH_HOME names by mistake keeps its mode", () => {
    chmodSync(home, 0o755);
    expect(tightenStore(storeOf({ env: { CLAUTH_HOME: home }, home }))).toEqual([]);
    expect(modeOf(home)).toBe(0o755);
  });

  test("a file in the place of the store, or of a directory in it", () => {
    rmSync(work.runtime, { recursive: true });
    writeFileSync(work.runtime, "", { mode: 0o600 });
    expect(kindOf(() => tightenBoth())).toBe("store_unsafe");
    rmSync(store.root, { recursive: true });
    writeFileSync(store.root, "", { mode: 0o600 });
    expect(kindOf(() => tightenStore(store))).toBe("store_unsafe");
  });

  test.each([
    ["the store", () => store.root],
    ["clauth.toml", () => store.config],
    ["trust.json", () => store.trust],
    ["config.toml", () => work.config],
  ])("a link in place of %s that leads to nothing (a disk that is not mounted)", (_what, path) => {
    rmSync(path(), { recursive: true, force: true });
    symlinkSync(join(home, "unmounted"), path());
    expect(errorOf(() => tightenBoth())?.message).toContain("leads to nothing");
  });
});

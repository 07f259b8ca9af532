import { afterEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { openExistingLockFile, tryFlock, unlockAndClose } from "../../src/lock/flock.ts";
import { acquireStoreLock, rotationLock, stateLock } from "../../src/lock/store-lock.ts";
import { type ProfileConfig, readProfileConfig } from "../../src/profile/profile-config.ts";
import { finalize } from "../../src/session/finalize.ts";
import { releaseRecord } from "../../src/session/record.ts";
import { claudeWrites, isLinked, loginText, oauthAccount } from "../reconcile/support/logins.ts";
import { edit, everyTrace, type ProfileHome, put, read } from "../reconcile/support/profile-home.ts";
import { kindOf } from "../support/faults.ts";
import { isOfMirror, isShown, LINK_MODE } from "../support/link-mode.ts";
import { startLockProcess } from "../support/lock-process.ts";
import { createLoggedIn, LOGIN, openAsShim, openIn } from "./support/sessions.ts";

const OVERLAY = { env: { ANTHROPIC_BASE_URL: "https://gateway.test" } };

/** A user with a claude home and a profile that has a login and was never opened. */
function neverOpened(): ProfileHome {
  const box = createLoggedIn();
  rmSync(box.places.paths.runtime, { recursive: true });
  rmSync(box.places.paths.base, { recursive: true });
  edit(box.places.homeJson, oauthAccount("home"));
  put(join(box.places.claude.root, "CLAUDE.md"), "mine");
  return box;
}

async function openAndClose(box: ProfileHome): Promise<void> {
  await finalize(openIn(box), undefined);
}

/** True where nobody holds the locks of an open. */
function locksAreFree(box: ProfileHome): boolean {
  for (const lock of [rotationLock(box.places.paths), stateLock(box.store)]) {
    acquireStoreLock(lock, { waitMs: 0 }).release();
  }
  return true;
}

afterEach(() => testOnlyArmCheckpoints(undefined));

/** True for a link, or in other modes for what claude home has too. */
function isShared(path: string): boolean {
  const [profile = "", name] = path.split("/runtime/");
  if (name === undefined) return false;
  const home = profile.slice(0, profile.indexOf("/.clauth/"));
  return lstatSync(path).isSymbolicLink() || isShown(path, join(home, ".claude", name));
}

describe("the first open", () => {
  test("makes a tree that claude can start in", () => {
    using box = neverOpened();
    const session = openIn(box, OVERLAY);
    const { runtime } = box.places.paths;
    expect(readFileSync(box.places.treeCredentials, "utf8")).toBe(LOGIN);
    expect(read(box.places.treeJson)).toEqual({ numStartups: 1 });
    expect(read(box.places.treeSettings)).toEqual({ theme: "dark", ...OVERLAY });
    expect(readFileSync(join(runtime, "CLAUDE.md"), "utf8")).toBe("mine");
    expect(isShown(join(runtime, "projects"), join(box.places.claude.root, "projects"))).toBe(true);
    // What is copied is looked at once more at the end, whatever happened.
    expect(session.outstanding).toBe(LINK_MODE !== "symlink");
    releaseRecord(session.record);
  });

  test("leaves directories and files of the store to their owner alone", () => {
    using box = neverOpened();
    releaseRecord(openIn(box, OVERLAY).record);
    for (const name of readdirSync(box.places.paths.root, { recursive: true, encoding: "utf8" })) {
      const path = join(box.places.paths.root, name);
      // A copy is as open as what it is a copy of, in a directory that nobody else can enter.
      if (!isShared(path)) expect([name, lstatSync(path).mode & 0o077]).toEqual([name, 0]);
    }
  });

  test("works for a user without ~/.claude, and for a profile without a login (TRAPS section 7)", () => {
    using box = neverOpened();
    rmSync(box.places.claude.root, { recursive: true });
    rmSync(box.places.homeJson);
    rmSync(box.places.paths.credentials);
    const session = openIn(box);
    expect(existsSync(box.places.treeCredentials)).toBe(false);
    expect(statSync(join(box.places.claude.root, "ide")).isDirectory()).toBe(true);
    releaseRecord(session.record);
  });

  test("of a tree that the Rust tool built makes copies of the linked documents, without home's account", () => {
    using box = neverOpened();
    mkdirSync(box.places.paths.runtime);
    symlinkSync(box.places.homeJson, box.places.treeJson);
    symlinkSync(box.places.claude.settings, box.places.treeSettings);
    const home = everyTrace(box.places.homeJson, box.places.claude.settings);
    releaseRecord(openIn(box, OVERLAY).record);
    expect(lstatSync(box.places.treeJson).isFile()).toBe(true);
    expect(read(box.places.treeJson)).toEqual({ numStartups: 1 });
    expect(read(box.places.treeSettings)).toEqual({ theme: "dark", ...OVERLAY });
    expect(everyTrace(box.places.homeJson, box.places.claude.settings)).toEqual(home);
  });
});

describe("an open", () => {
  test("holds the session's record, and no other lock any more", () => {
    using box = neverOpened();
    const session = openIn(box);
    const [name = ""] = readdirSync(box.places.paths.sessions);
    expect(session.record.path).toBe(join(box.places.paths.sessions, name));
    const probe = openExistingLockFile(session.record.path) ?? -1;
    expect(tryFlock(probe, "exclusive")).toBe("busy");
    expect(locksAreFree(box)).toBe(true);
    releaseRecord(session.record);
    unlockAndClose(probe);
    expect(read(join(box.places.paths.base, "index.json"))["version"]).toBe(1);
  });

  test("that is steady writes nothing but its record, from the first look to the last", async () => {
    using box = neverOpened();
    await openAndClose(box);
    const isSessions = (trace: string) => trace.startsWith(`${box.places.paths.sessions} `);
    const traces = () => everyTrace(box.home).filter((trace) => !isSessions(trace) && !isOfMirror(trace));
    const before = traces();
    await finalize(openAsShim(box), undefined);
    expect(traces()).toEqual(before);
    expect(before.some((trace) => trace.includes("/base/index.json "))).toBe(true);
  });

  test("has what was added to ~/.claude.json meanwhile in the tree before claude starts", async () => {
    using box = neverOpened();
    await openAndClose(box);
    edit(box.places.homeJson, { mcpServers: { demo: { command: "true" } } });
    const session = openIn(box);
    expect(read(box.places.treeJson)["mcpServers"]).toEqual({ demo: { command: "true" } });
    await finalize(session, undefined);
  });

  test("finishes what a killed shim left: the token, the link, the dead record", async () => {
    using box = neverOpened();
    await openAndClose(box);
    claudeWrites(box.places, loginText("A", 2));
    writeFileSync(join(box.places.paths.sessions, "999999-dead"), "");
    const session = openIn(box);
    expect(readFileSync(box.places.paths.credentials, "utf8")).toBe(loginText("A", 2));
    expect(isLinked(box.places)).toBe(true);
    expect(readdirSync(box.places.paths.sessions)).toHaveLength(1);
    await finalize(session, undefined);
  });

  test("beside another session takes nothing from it (trap 11)", async () => {
    using box = neverOpened();
    await openAndClose(box);
    const other = await startLockProcess(["hold-record", box.places.paths.sessions]);
    claudeWrites(box.places, loginText("A", 2));
    edit(box.places.homeJson, { mcpServers: {} });
    const tree = everyTrace(box.places.treeJson);
    const session = openIn(box);
    expect(session.outstanding).toBe(true);
    expect(readFileSync(box.places.paths.credentials, "utf8")).toBe(LOGIN);
    expect(isLinked(box.places)).toBe(false);
    expect(everyTrace(box.places.treeJson)).toEqual(tree);
    await other.kill();
    await finalize(session, undefined);
  });

  test("that is cut short anywhere is made up for by the next", async () => {
    for (let index = 0, reached = -1; reached !== 0; index++) {
      using box = neverOpened();
      await openAndClose(box);
      claudeWrites(box.places, loginText("A", 2));
      edit(box.places.homeJson, { mcpServers: { demo: { command: "true" } } });
      reached = 0;
      let count = 0;
      testOnlyArmCheckpoints(() => {
        if (count++ < index) return;
        reached += 1;
        throw new Error("cut short");
      });
      try {
        releaseRecord(openIn(box).record);
      } catch {}
      testOnlyArmCheckpoints(undefined);
      await openAndClose(box);
      expect(readFileSync(box.places.paths.credentials, "utf8")).toBe(loginText("A", 2));
      expect(isLinked(box.places)).toBe(true);
      expect(read(box.places.treeJson)).toHaveProperty("mcpServers.demo");
      expect(readdirSync(box.places.paths.sessions)).toEqual([]);
    }
    // Some forty cuts, each with three opens and two ends.
  }, 60_000);
});

describe("a start is stopped", () => {
  test("by a login that ~/.claude has too, and nothing of it is moved", () => {
    using box = neverOpened();
    put(box.places.claude.credentials, LOGIN);
    expect(kindOf(() => openIn(box))).toBe("shared_chain");
    expect(existsSync(box.places.treeCredentials)).toBe(false);
    expect(existsSync(join(box.places.paths.runtime, "projects"))).toBe(false);
    expect(locksAreFree(box)).toBe(true);
  });

  test("unless the Rust tool had rotated the token already: what it staged is adopted first", () => {
    using box = neverOpened();
    put(box.places.claude.credentials, LOGIN);
    writeFileSync(box.places.paths.pendingCredentials, loginText("A", 2), { mode: 0o600 });
    const later = Date.now() / 1000 + 5;
    utimesSync(box.places.paths.pendingCredentials, later, later);
    const session = openIn(box);
    expect(readFileSync(box.places.treeCredentials, "utf8")).toBe(loginText("A", 2));
    releaseRecord(session.record);
  });

  test("by a login of another account than the pin's, each time, and before a record is made", () => {
    using box = createLoggedIn({ account: "uuid-Z" });
    for (let time = 0; time < 2; time++) {
      expect(kindOf(() => openIn(box))).toBe("account_refused");
      expect(readdirSync(box.places.paths.sessions)).toEqual([]);
      expect(locksAreFree(box)).toBe(true);
    }
  });

  test("by another tool's store", () => {
    using box = neverOpened();
    put(join(box.store.root, "folders.json"), {});
    expect(kindOf(() => openIn(box))).toBe("foreign_store");
    expect(existsSync(box.places.paths.runtime)).toBe(false);
  });

  test("by a profile that was removed meanwhile, of which nothing comes back", () => {
    using box = neverOpened();
    rmSync(box.places.paths.root, { recursive: true });
    expect(kindOf(() => openIn(box))).toBe("profile_vanished");
    expect(existsSync(box.places.paths.root)).toBe(false);
  });

  test("by a config.toml that was edited while its locks were waited for, so that no old setting is used (trap 10)", () => {
    using box = neverOpened();
    const { config: path } = box.places.paths;
    const start = (config: ProfileConfig) =>
      openIn({ ...box, reconciled: { ...box.reconciled, config } }, OVERLAY);
    put(path, 'base_url = "https://gateway.test"\n');
    const read = readProfileConfig(box.places.paths);
    for (const later of ["", 'base_url = "https://another.test"\n']) {
      put(path, later);
      expect(kindOf(() => start(read))).toBe("concurrent_modification");
      expect(existsSync(box.places.treeSettings)).toBe(false);
    }
    rmSync(path);
    expect(kindOf(() => start(read))).toBe("concurrent_modification");
    const none = readProfileConfig(box.places.paths);
    put(path, 'base_url = "https://gateway.test"\n');
    // As a file system gives times that keeps whole seconds.
    const second = Math.floor(Date.now() / 1000);
    utimesSync(path, second, second);
    expect(kindOf(() => start(none))).toBe("concurrent_modification");
    rmSync(path);
    releaseRecord(start(none).record);
  });

  test("never by a document of home's that can't be read", () => {
    using box = neverOpened();
    rmSync(box.places.homeJson);
    mkdirSync(box.places.homeJson);
    const session = openIn(box);
    expect(session.outstanding).toBe(true);
    releaseRecord(session.record);
  });
});

test.each([
  "index.json",
  "claude.json",
  "settings.json",
  "settings.json.fresh",
  "overlay.json",
  "credentials.json",
])("a directory in the place of base/%s goes to quarantine, and the base is begun anew", async (name) => {
  using box = neverOpened();
  await openAndClose(box);
  const path = join(box.places.paths.base, name);
  rmSync(path, { force: true });
  mkdirSync(join(path, "inside"), { recursive: true });
  edit(box.places.homeJson, { later: true });
  edit(box.places.claude.settings, { later: true });
  await openAndClose(box);
  await openAndClose(box);
  expect(existsSync(path) && statSync(path).isDirectory()).toBe(false);
  expect(box.quarantined()).toContain(`base-${name}`);
  expect(read(box.places.treeJson)).toEqual({ numStartups: 1, later: true });
  expect(read(box.places.treeSettings)).toEqual({ theme: "dark", later: true });
});

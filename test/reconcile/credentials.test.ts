import { afterEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { testOnlyFaults } from "../../src/disk/disk.ts";
import { isTemporaryName } from "../../src/disk/write-file.ts";
import { replacedLoginName } from "../../src/merge/account.ts";
import type { ProfileConfig } from "../../src/profile/profile-config.ts";
import { pruneQuarantine, quarantineKind } from "../../src/quarantine.ts";
import { carryAhead, carryOutCredentials, lookAtCredentials } from "../../src/reconcile/credentials.ts";
import { openCredentials } from "../../src/reconcile/open-credentials.ts";
import { adoptPending } from "../../src/reconcile/pending-credentials.ts";
import { kindOf } from "../support/faults.ts";
import { testWithSymlinks } from "../support/link-mode.ts";
import { claudeUnlinks, claudeWrites, isLinked, loginText, oauthAccount, STUB } from "./support/logins.ts";
import { createProfileHome, edit, everyTrace, type ProfileHome, put, read } from "./support/profile-home.ts";

const FIRST = loginText("A");
const REFRESHED = loginText("A", 2);

/** A profile with a login, opened once. */
function loggedIn(config: Partial<ProfileConfig> = {}): ProfileHome {
  const box = createProfileHome(config);
  put(box.places.homeJson, { numStartups: 1 });
  writeFileSync(box.places.paths.credentials, FIRST, { mode: 0o600 });
  openCredentials(box.places, { pin: config.account, alone: true });
  box.open();
  edit(box.places.treeJson, oauthAccount("A"));
  box.open();
  return box;
}

function canonicalOf(box: ProfileHome): string | undefined {
  const path = box.places.paths.credentials;
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** The bytes in quarantine, by the kind of the file. */
function quarantine(box: ProfileHome): Record<string, string> {
  const directory = box.places.paths.backups;
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return Object.fromEntries(
    names.sort().flatMap((name) => {
      const kind = quarantineKind(name);
      return kind === undefined ? [] : [[kind, readFileSync(join(directory, name), "utf8")]];
    }),
  );
}

/** The same for one kind, the oldest first. */
function textsOf(box: ProfileHome, kind: string): string[] {
  const { backups } = box.places.paths;
  const names = readdirSync(backups).filter((name) => quarantineKind(name) === kind);
  return names.sort().map((name) => readFileSync(join(backups, name), "utf8"));
}

function leftovers({ home }: ProfileHome): string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) =>
    isTemporaryName(basename(name)),
  );
}

afterEach(() => testOnlyArmCheckpoints(undefined));

describe("the link", () => {
  test("is put where there is none, and put right where it leads elsewhere", () => {
    using box = loggedIn();
    expect(isLinked(box.places)).toBe(true);
    for (const spoil of [
      () => unlinkSync(box.places.treeCredentials),
      () => {
        unlinkSync(box.places.treeCredentials);
        symlinkSync("/elsewhere/.credentials.json", box.places.treeCredentials);
      },
    ]) {
      spoil();
      expect(openCredentials(box.places, { pin: undefined, alone: true })).toBe(false);
      expect(readFileSync(box.places.treeCredentials, "utf8")).toBe(FIRST);
    }
  });

  test("that stands costs no write", () => {
    using box = loggedIn();
    const before = everyTrace(box.home);
    openCredentials(box.places, { pin: undefined, alone: true });
    expect(everyTrace(box.home)).toEqual(before);
  });

  test("is not made for a logged-out profile, and claude's login then becomes the canonical one", async () => {
    using box = createProfileHome();
    openCredentials(box.places, { pin: undefined, alone: true });
    expect(existsSync(box.places.treeCredentials)).toBe(false);
    claudeWrites(box.places, FIRST);
    await box.live();
    expect(canonicalOf(box)).toBe(FIRST);
    expect(isLinked(box.places)).toBe(true);
  });
});

describe("a refresh that replaced the link", () => {
  test("is canonical to the byte, linked again, and the token before it in quarantine", async () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    await box.live();
    expect(canonicalOf(box)).toBe(REFRESHED);
    expect(isLinked(box.places)).toBe(true);
    expect(quarantine(box)).toEqual({ "credentials-rotated": FIRST });
    expect(box.logText()).not.toContain("sk-ant-");
  });

  test("is carried under claude's storage lock alone: a refresh lock would stop its sessions for seconds", async () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    expect(await locksDuring(box, "credentials:canonical-written")).toEqual({
      storage: true,
      refresh: false,
      sibling: false,
    });
  });

  test("makes claude's storage lock wait for no file: the new login and the one before are on the disk by then", async () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    const lock = join(box.places.paths.runtime, ".storage-write.lock");
    const synced: boolean[] = [];
    {
      using _ = testOnlyFaults((real) => ({
        syncData: (descriptor) => {
          synced.push(existsSync(lock));
          real.syncData(descriptor);
        },
      }));
      await box.live();
    }
    expect(Object.values(quarantine(box))).toEqual([FIRST]);
    expect(synced.length).toBeGreaterThan(1);
    expect(synced).not.toContain(true);
  });

  test("that is in flight when another one comes is forgotten: the later one is canonical", async () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    const lock = put(join(box.places.paths.runtime, ".storage-write.lock", "held"), "");
    const inFlight = new Promise<void>((resolve) => {
      testOnlyArmCheckpoints((name) => name === "credentials:carried-ahead" && resolve());
    });
    const pass = box.live();
    await inFlight;
    expect(leftovers(box).length).toBe(2);
    const again = loginText("A", 3);
    claudeWrites(box.places, again, 2);
    rmSync(dirname(lock), { recursive: true });
    await pass;
    expect(canonicalOf(box)).toBe(again);
    expect(Object.values(quarantine(box))).toContain(FIRST);
    expect(leftovers(box)).toEqual([]);
  });

  test("waits for one sync when it is not the first: the one before was put on the disk when it came", async () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    await box.live();
    const again = loginText("A", 3);
    claudeWrites(box.places, again);
    let syncs = 0;
    let syncsBefore: number | undefined;
    {
      using _ = testOnlyFaults((real) => ({
        syncData: (descriptor) => {
          syncs += 1;
          real.syncData(descriptor);
        },
        syncAll: (descriptor) => {
          if (canonicalOf(box) === again) syncsBefore ??= syncs;
          syncs += 1;
          real.syncAll(descriptor);
        },
      }));
      await box.live();
    }
    expect([canonicalOf(box), syncsBefore]).toEqual([again, 1]);
    expect(textsOf(box, "credentials-rotated")).toEqual([FIRST, REFRESHED]);
  });

  test("is tried again when claude's storage lock stays busy", async () => {
    using box = loggedIn();
    const lock = join(box.places.paths.runtime, ".storage-write.lock");
    mkdirSync(lock);
    claudeWrites(box.places, REFRESHED);
    expect((await box.live()).again).toBeLessThanOrEqual(1000);
    expect(canonicalOf(box)).toBe(FIRST);
    expect(leftovers(box)).toEqual([]);
    rmdirSync(lock);
    await box.live();
    expect(canonicalOf(box)).toBe(REFRESHED);
  });

  test("is taken over by the next start where the shim was killed", () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    expect(openCredentials(box.places, { pin: undefined, alone: true })).toBe(false);
    expect(canonicalOf(box)).toBe(REFRESHED);
    expect(isLinked(box.places)).toBe(true);
  });

  test("is left to the shim of a live session, which carries it home", () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    expect(openCredentials(box.places, { pin: undefined, alone: false })).toBe(true);
    expect(canonicalOf(box)).toBe(FIRST);
    expect(isLinked(box.places)).toBe(false);
  });

  test("wins over a restored backup, whatever its time", async () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    await box.live();
    claudeWrites(box.places, FIRST, 60);
    await box.live();
    expect(canonicalOf(box)).toBe(REFRESHED);
    expect(quarantine(box)).toMatchObject({ "credentials-restored": FIRST });
  });

  test("survives a cut at any checkpoint: one of the two files always has it", async () => {
    let index = 0;
    for (let done = false; !done; index++) {
      using box = loggedIn();
      claudeWrites(box.places, REFRESHED);
      let reached = 0;
      done = true;
      testOnlyArmCheckpoints(() => {
        if (reached++ < index) return;
        done = false;
        throw new Error("cut short");
      });
      const look = lookAtCredentials(box.places, { pin: undefined, ended: false });
      try {
        carryOutCredentials(box.places, look, carryAhead(box.places, look));
      } catch {}
      testOnlyArmCheckpoints(undefined);
      expect([canonicalOf(box), readFileSync(box.places.treeCredentials, "utf8")]).toContain(REFRESHED);
      await box.final();
      expect(canonicalOf(box)).toBe(REFRESHED);
      expect(isLinked(box.places)).toBe(true);
      expect(Object.values(quarantine(box))).toContain(FIRST);
    }
    expect(index).toBeGreaterThan(5);
  });

  test("does not overwrite a canonical file that changed after it was judged", () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    const look = lookAtCredentials(box.places, { pin: undefined, ended: false });
    const other = loginText("A", 7);
    writeFileSync(box.places.paths.credentials, other);
    expect(kindOf(() => carryOutCredentials(box.places, look))).toBe("concurrent_modification");
    expect(canonicalOf(box)).toBe(other);
  });

  test("does not replace a tree file that claude wrote after it was judged (trap 16)", () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    const look = lookAtCredentials(box.places, { pin: undefined, ended: false });
    const newest = loginText("A", 3);
    claudeWrites(box.places, newest, 2);
    expect(kindOf(() => carryOutCredentials(box.places, look))).toBe("concurrent_modification");
    expect(readFileSync(box.places.treeCredentials, "utf8")).toBe(newest);
  });
});

testWithSymlinks(
  "a login that claude wrote in the moment of our link is in quarantine when a later one stands there",
  () => {
    using box = loggedIn();
    claudeWrites(box.places, REFRESHED);
    const look = lookAtCredentials(box.places, { pin: undefined, ended: false });
    const writes = [loginText("A", 3), loginText("A", 4)];
    using _ = testOnlyFaults(({ exchange }) => ({
      exchange: (from, to) => {
        const text = to === box.places.treeCredentials ? writes.shift() : undefined;
        if (text !== undefined) claudeWrites(box.places, text);
        return exchange(from, to);
      },
    }));
    expect(kindOf(() => carryOutCredentials(box.places, look))).toBe("concurrent_modification");
    expect(readFileSync(box.places.treeCredentials, "utf8")).toBe(loginText("A", 4));
    expect(quarantine(box)["credentials-displaced"]).toBe(loginText("A", 3));
  },
);

describe("the stub of a refused refresh", () => {
  test("never replaces the canonical file, is not relinked, and is said once, at the end", async () => {
    using box = loggedIn();
    claudeWrites(box.places, STUB);
    expect((await box.live()).notes).toEqual([]);
    await box.live();
    expect(canonicalOf(box)).toBe(FIRST);
    expect(readFileSync(box.places.treeCredentials, "utf8")).toBe(STUB);
    expect(quarantine(box)).toEqual({ "credentials-dead": FIRST });
    expect((await box.final()).notes).toEqual([expect.stringContaining("clauth login work")]);
    expect((await box.final()).notes).toEqual([]);
    expect(box.logText().match(/refused/g)).toHaveLength(1);
  });

  test("gives way to a login that came meanwhile", async () => {
    using box = loggedIn();
    claudeWrites(box.places, STUB);
    await box.live();
    writeFileSync(box.places.paths.credentials, REFRESHED);
    await box.live();
    expect(canonicalOf(box)).toBe(REFRESHED);
    expect(isLinked(box.places)).toBe(true);
  });
});

describe("a logout", () => {
  test("is carried: the login goes to quarantine, and the profile is logged out", async () => {
    using box = loggedIn();
    claudeUnlinks(box.places);
    edit(box.places.treeJson, { oauthAccount: undefined });
    await box.live();
    expect(canonicalOf(box)).toBeUndefined();
    expect(existsSync(box.places.paths.account)).toBe(false);
    expect(quarantine(box)).toEqual({ "credentials-logged-out": FIRST });
    // And stays: nothing brings it back.
    await box.final();
    expect(openCredentials(box.places, { pin: undefined, alone: true })).toBe(false);
    expect(canonicalOf(box)).toBeUndefined();
    expect(existsSync(box.places.treeCredentials)).toBe(false);
  });

  test("that is half done is waited for", async () => {
    using box = loggedIn();
    claudeUnlinks(box.places);
    await box.live();
    expect(canonicalOf(box)).toBe(FIRST);
    expect(existsSync(box.places.treeCredentials)).toBe(false);
    edit(box.places.treeJson, { oauthAccount: undefined });
    await box.live();
    expect(canonicalOf(box)).toBeUndefined();
  });

  test("that is half done at the end was none: the link is put back", async () => {
    using box = loggedIn();
    claudeUnlinks(box.places);
    await box.live();
    await box.final();
    expect(canonicalOf(box)).toBe(FIRST);
    expect(isLinked(box.places)).toBe(true);
  });

  test("is none where no account was ever known, or its document is damaged", async () => {
    for (const spoil of [
      (box: ProfileHome) => rmSync(box.places.paths.account),
      (box: ProfileHome) => put(box.places.treeJson, "{"),
    ]) {
      using box = loggedIn();
      claudeUnlinks(box.places);
      edit(box.places.treeJson, { oauthAccount: undefined });
      spoil(box);
      await box.live();
      expect(canonicalOf(box)).toBe(FIRST);
      expect(isLinked(box.places)).toBe(true);
    }
  });

  test("leaves a login that changed meanwhile", async () => {
    using box = loggedIn();
    claudeUnlinks(box.places);
    edit(box.places.treeJson, { oauthAccount: undefined });
    writeFileSync(box.places.paths.credentials, REFRESHED);
    await box.live();
    expect(canonicalOf(box)).toBe(REFRESHED);
    expect(isLinked(box.places)).toBe(true);
  });

  test("does not remove a login that was written after it was judged", () => {
    using box = loggedIn();
    claudeUnlinks(box.places);
    edit(box.places.treeJson, { oauthAccount: undefined });
    const look = lookAtCredentials(box.places, { pin: undefined, ended: false });
    expect(look.decision.do).toBe("log-out");
    writeFileSync(box.places.paths.credentials, REFRESHED);
    expect(kindOf(() => carryOutCredentials(box.places, look))).toBe("concurrent_modification");
    expect(canonicalOf(box)).toBe(REFRESHED);
  });

  test("is over once the same login was put back from quarantine", async () => {
    using box = loggedIn();
    claudeUnlinks(box.places);
    edit(box.places.treeJson, { oauthAccount: undefined });
    await box.live();
    writeFileSync(box.places.paths.credentials, FIRST, { mode: 0o600 });
    openCredentials(box.places, { pin: undefined, alone: true });
    expect(canonicalOf(box)).toBe(FIRST);
    expect(isLinked(box.places)).toBe(true);
  });
});

describe("a pinned profile", () => {
  const pin = { account: "uuid-A" };
  const OTHER = loginText("B");

  test("keeps out the login of another account, under claude's refresh locks too", async () => {
    using box = loggedIn(pin);
    claudeWrites(box.places, OTHER);
    expect(await locksDuring(box, "credentials:linked")).toEqual({
      storage: true,
      refresh: true,
      sibling: true,
    });
    expect(canonicalOf(box)).toBe(FIRST);
    expect(isLinked(box.places)).toBe(true);
    expect(quarantine(box)).toEqual({ "credentials-other-account": OTHER });
  });

  test("takes no other account's login where it has none", async () => {
    using box = createProfileHome(pin);
    claudeWrites(box.places, OTHER);
    await box.live();
    expect(canonicalOf(box)).toBeUndefined();
    expect(existsSync(box.places.treeCredentials)).toBe(false);
    expect(quarantine(box)).toEqual({ "credentials-other-account": OTHER });
  });

  test("waits for the account of a login that does not say whose it is", async () => {
    const unnamed = OTHER.replace(',"accountUuid":"uuid-B"', "");
    for (const [account, canonical] of [
      ["A", unnamed],
      ["B", undefined],
    ] as const) {
      using box = createProfileHome(pin);
      claudeWrites(box.places, unnamed);
      await box.live();
      expect(canonicalOf(box)).toBeUndefined();
      expect(isLinked(box.places)).toBe(false);
      put(box.places.treeJson, oauthAccount(account));
      await box.live();
      expect(canonicalOf(box)).toBe(canonical);
    }
  });

  test("does not start on a canonical login of another account, and touches nothing", () => {
    using box = loggedIn();
    const before = everyTrace(box.home);
    const error = kindOf(() => openCredentials(box.places, { pin: "uuid-Z", alone: true }));
    expect(error).toBe("account_refused");
    expect(everyTrace(box.home)).toEqual(before);
  });

  test("does not start on one that the link led past, nor beside a session that shows one", () => {
    using box = loggedIn();
    unlinkSync(box.places.treeCredentials);
    const pin = "uuid-Z";
    expect(kindOf(() => openCredentials(box.places, { pin, alone: true }))).toBe("account_refused");
    expect(canonicalOf(box)).toBe(FIRST);
    claudeWrites(box.places, OTHER);
    expect(kindOf(() => openCredentials(box.places, { pin, alone: false }))).toBe("account_refused");
  });

  test("adopts its own refresh", async () => {
    using box = loggedIn(pin);
    claudeWrites(box.places, REFRESHED);
    await box.live();
    expect(canonicalOf(box)).toBe(REFRESHED);
  });
});

test("an unpinned profile follows a login as another account, and keeps the one before", async () => {
  using box = loggedIn();
  await box.final();
  const other = loginText("B");
  claudeWrites(box.places, other);
  edit(box.places.treeJson, oauthAccount("B"));
  await box.live();
  expect(canonicalOf(box)).toBe(other);
  expect(quarantine(box)).toEqual({ [replacedLoginName({ uuid: "uuid-A" })]: FIRST });
  expect((await box.final()).notes).toEqual([expect.stringContaining("is now B@test (was A@test)")]);
});

describe("the last login of an account that was replaced stays, however often its successor is refreshed", () => {
  test.each([
    ["oauthAccount follows the credentials, as Claude Code writes them", "after"],
    ["oauthAccount is there already", "before"],
    ["oauthAccount is first seen together with the next refresh", "late"],
  ])("%s", async (_, written) => {
    const older = (account: string, generation: number) => {
      const { claudeAiOauth } = JSON.parse(loginText(account, generation));
      return JSON.stringify({ claudeAiOauth: { ...claudeAiOauth, accountUuid: undefined } });
    };
    using box = createProfileHome();
    put(box.places.homeJson, { numStartups: 1 });
    let seconds = 0;
    const refresh = async (account: string, generation: number) => {
      claudeWrites(box.places, older(account, generation), ++seconds);
      await box.live();
    };
    box.open();
    edit(box.places.treeJson, oauthAccount("A"));
    for (let generation = 1; generation <= 3; generation++) await refresh("A", generation);
    if (written === "before") edit(box.places.treeJson, oauthAccount("B"));
    await refresh("B", 1);
    edit(box.places.treeJson, oauthAccount("B"));
    if (written === "after") await box.live();
    for (let generation = 2; generation <= 31; generation++) await refresh("B", generation);
    expect((await box.final()).notes).toEqual([]);

    pruneQuarantine(box.places.paths);
    expect(canonicalOf(box)).toBe(older("B", 31));
    expect(textsOf(box, replacedLoginName({ uuid: "uuid-A" }))).toContain(older("A", 3));
    expect(textsOf(box, "credentials-rotated").at(-1)).toBe(older("B", 30));
  });
});

test("what claude wrote beside the login is carried with it", async () => {
  using box = loggedIn();
  const withServer = JSON.stringify({ ...JSON.parse(FIRST), mcpOAuth: { s: { accessToken: "fake" } } });
  claudeWrites(box.places, withServer);
  await box.live();
  expect(canonicalOf(box)).toBe(withServer);
});

test("a damaged file in the tree goes to quarantine, and the link comes back", async () => {
  using box = loggedIn();
  claudeWrites(box.places, '{"claudeAiOa');
  await box.live();
  expect(canonicalOf(box)).toBe(FIRST);
  expect(isLinked(box.places)).toBe(true);
  expect(quarantine(box)).toEqual({ "credentials-damaged": '{"claudeAiOa' });
});

describe("a rotation that the Rust tool staged", () => {
  /** Writes `credentials.json.pending`, so many seconds younger than the canonical file. */
  function stage(box: ProfileHome, text: string, seconds: number): void {
    const { pendingCredentials, credentials } = box.places.paths;
    writeFileSync(pendingCredentials, text, { mode: 0o600 });
    const now = Date.now() / 1000;
    utimesSync(credentials, now, now);
    utimesSync(pendingCredentials, now + seconds, now + seconds);
  }

  test("is adopted where it is newer: the server has spent the old token", () => {
    using box = loggedIn();
    stage(box, REFRESHED, 1);
    adoptPending(box.places);
    expect(canonicalOf(box)).toBe(REFRESHED);
    expect(existsSync(box.places.paths.pendingCredentials)).toBe(false);
    expect(quarantine(box)).toEqual({ "credentials-rotated": FIRST });
  });

  test.each([
    ["older", REFRESHED, -1],
    ["no login", "{}", 1],
    ["cut off", '{"claudeAi', 1],
  ])("is set aside where it is %s", (_, text, seconds) => {
    using box = loggedIn();
    stage(box, text, seconds);
    adoptPending(box.places);
    expect(canonicalOf(box)).toBe(FIRST);
    expect(existsSync(box.places.paths.pendingCredentials)).toBe(false);
    expect(quarantine(box)).toEqual({ "credentials-pending": text });
  });
});

test("what is remembered of the logins are hashes, never a token", async () => {
  using box = loggedIn();
  claudeWrites(box.places, REFRESHED);
  await box.live();
  const memory = read(join(box.places.paths.base, "credentials.json"));
  expect(memory["history"]).toBeArrayOfSize(2);
  expect(JSON.stringify(memory)).not.toContain("sk-ant-");
});

/** Which of Claude's credential locks stand while a pass reaches `name`. */
async function locksDuring(box: ProfileHome, name: string): Promise<Record<string, boolean> | undefined> {
  const { runtime } = box.places.paths;
  let seen: Record<string, boolean> | undefined;
  testOnlyArmCheckpoints((reached) => {
    if (reached !== name) return;
    seen = {
      storage: existsSync(join(runtime, ".storage-write.lock")),
      refresh: existsSync(join(runtime, ".oauth_refresh.lock")),
      sibling: existsSync(`${runtime}.lock`),
    };
  });
  await box.live();
  return seen;
}

describe("a login that nothing is to be done with", () => {
  /** How often a pass reads the canonical login; one beside claude where not given. */
  async function readsOf(box: ProfileHome, pass = () => box.live()): Promise<number> {
    let reads = 0;
    using _ = testOnlyFaults((real) => ({
      open: (path, flags, mode) => {
        if (path === box.places.paths.credentials) reads += 1;
        return real.open(path, flags, mode);
      },
    }));
    await pass();
    return reads;
  }

  const changes: readonly (readonly [string, (box: ProfileHome) => void])[] = [
    ["the canonical login", ({ places }) => writeFileSync(places.paths.credentials, REFRESHED)],
    ["the tree's", ({ places }) => claudeWrites(places, REFRESHED)],
    ["its link", ({ places }) => rmSync(places.treeCredentials)],
    ["what is remembered of it", ({ places }) => rmSync(join(places.paths.base, "credentials.json"))],
  ];

  test.each(changes)("is not read by the next pass, unless it changed: %s", async (_, change) => {
    using box = loggedIn();
    await box.live();
    await box.live();
    edit(box.places.treeJson, { tipsHistory: {} });
    expect(await readsOf(box)).toBe(0);
    expect(read(box.places.homeJson)).toHaveProperty("tipsHistory");
    Bun.sleepSync(20);
    change(box);
    expect(await readsOf(box)).toBeGreaterThan(0);
  });

  test("is read by each pass where the profile is pinned: whose it is depends on more", async () => {
    using box = loggedIn({ account: "A@test" });
    await box.live();
    await box.live();
    expect(await readsOf(box)).toBeGreaterThan(0);
  });

  test("is read after the end", async () => {
    using box = loggedIn();
    await box.live();
    await box.live();
    expect(await readsOf(box, () => box.final())).toBeGreaterThan(0);
  });
});

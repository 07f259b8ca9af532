import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claudeItemNames } from "../../src/keychain/claude-item.ts";
import { profilePathsOf, type Store, storeOf } from "../../src/paths.ts";
import { createProfile } from "../../src/profile/create-profile.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { homeKeychainLogin, keychainLogin } from "../../src/reconcile/keychain-login.ts";
import { type Places, placesOf, placesWithLogin } from "../../src/reconcile/places.ts";
import { finalize } from "../../src/session/finalize.ts";
import { openSession } from "../../src/session/open.ts";
import { removeProfile } from "../../src/session/remove-profile.ts";
import { renameProfile } from "../../src/session/rename-profile.ts";
import type { Session } from "../../src/session/session.ts";
import { createFakeSecurity, type FakeSecurity } from "../support/fake-security.ts";
import { kindOf } from "../support/faults.ts";

const ENV = { USER: "tester" };
const WORK = parseProfileName("work");
const CLIENT = parseProfileName("client");

type Mac = {
  readonly home: string;
  readonly store: Store;
  readonly security: FakeSecurity;
  places(name: typeof WORK): Places;
  open(name: typeof WORK): Session;
  /** What claude of that profile uses: the item before the file. */
  uses(name: typeof WORK): string | undefined;
  [Symbol.dispose](): void;
};

/** A user on a Mac with the profile `work`, logged in. */
function createMac(): Mac {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-mac-")));
  const store = storeOf({ env: {}, home });
  const security = createFakeSecurity();
  const places = (name: typeof WORK): Places => ({
    ...placesOf(home, store, name),
    lookAtTree: keychainLogin(ENV, security.program),
    homeLogin: () => homeKeychainLogin(ENV, security.program),
  });
  mkdirSync(join(home, ".claude"));
  writeFileSync(join(home, ".claude.json"), "{}");
  mkdirSync(store.root, { mode: 0o700 });
  createProfile(store, WORK, {}, new TextEncoder().encode(login("first")));
  return {
    home,
    store,
    security,
    places,
    open: (name) => {
      const request = { store, name, config: parseProfileConfig("", "config.toml"), overlay: {} };
      return openSession({ home, cwd: home, env: {}, executable: process.execPath }, request, places(name));
    },
    uses: (name) => {
      const { treeCredentials } = places(name);
      const file = existsSync(treeCredentials) ? readFileSync(treeCredentials, "utf8") : undefined;
      return security.text(itemOf(store, name)) ?? file;
    },
    [Symbol.dispose]: () => {
      security[Symbol.dispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function login(token: string): string {
  return JSON.stringify({
    claudeAiOauth: { accessToken: `at-${token}`, refreshToken: `rt-${token}`, expiresAt: 1 },
  });
}

function itemOf(store: Store, name: typeof WORK) {
  return claudeItemNames(profilePathsOf(store, name).runtime, ENV);
}

function canonical(mac: Mac, name: typeof WORK): string {
  return readFileSync(profilePathsOf(mac.store, name).credentials, "utf8");
}

/** Claude Code's refresh: into the item, and its first one takes the file away. */
function claudeRefreshes(mac: Mac, name: typeof WORK, token: string): void {
  mac.security.put(itemOf(mac.store, name), login(token), 2);
  rmSync(mac.places(name).treeCredentials, { force: true });
}

/** A session in which claude took the login into the Keychain. */
async function migrated(): Promise<Mac> {
  const mac = createMac();
  const session = mac.open(WORK);
  claudeRefreshes(mac, WORK, "second");
  expect(await finalize(session, undefined)).toEqual([]);
  return mac;
}

test("a session's refresh is canonical when it has ended, though no file changed", async () => {
  using mac = await migrated();
  const session = mac.open(WORK);
  mac.security.put(itemOf(mac.store, WORK), login("third"), 4);
  expect(await finalize(session, undefined)).toEqual([]);
  expect(canonical(mac, WORK)).toBe(login("third"));
  expect(mac.uses(WORK)).toBe(login("third"));
});

test("a start beside a locked Keychain stops before claude, and leaves no record", async () => {
  using mac = await migrated();
  mac.security.behave("locked");
  expect(kindOf(() => mac.open(WORK))).toBe("keychain_locked");
  mac.security.behave(undefined);
  expect(await finalize(mac.open(WORK), undefined)).toEqual([]);
});

test("a renamed profile takes its login along, and nothing stays under the old name", async () => {
  using mac = await migrated();
  const old = itemOf(mac.store, WORK);
  renameProfile(mac.store, mac.places(WORK), CLIENT);
  expect(mac.security.text(old)).toBeUndefined();
  expect(await finalize(mac.open(CLIENT), undefined)).toEqual([]);
  expect(mac.uses(CLIENT)).toBe(login("second"));
  expect(canonical(mac, CLIENT)).toBe(login("second"));
});

test("a removed profile's login is in its directory alone: a new one of that name does not find it", async () => {
  using mac = await migrated();
  const kept = removeProfile(mac.store, mac.places(WORK)) ?? "";
  expect(mac.security.items()).toEqual([]);
  expect(readFileSync(join(kept, "credentials.json"), "utf8")).toBe(login("second"));
  createProfile(mac.store, WORK, {});
  expect(await finalize(mac.open(WORK), undefined)).toEqual([]);
  expect(mac.uses(WORK)).toBeUndefined();
});

test.each(["rename", "remove"])("%s does nothing at all where the Keychain is locked", async (verb) => {
  using mac = await migrated();
  mac.security.behave("locked");
  const move = () =>
    verb === "rename"
      ? renameProfile(mac.store, mac.places(WORK), CLIENT)
      : removeProfile(mac.store, mac.places(WORK));
  expect(kindOf(move)).toBe("keychain_locked");
  mac.security.behave(undefined);
  expect(await finalize(mac.open(WORK), undefined)).toEqual([]);
  expect(mac.uses(WORK)).toBe(login("second"));
});

test("a profile does not start with the login that ~/.claude has in the Keychain", async () => {
  using mac = await migrated();
  mac.security.put(claudeItemNames(undefined, ENV), login("second"));
  expect(kindOf(() => mac.open(WORK))).toBe("shared_chain");
  mac.security.put(claudeItemNames(undefined, ENV), login("another"));
  expect(await finalize(mac.open(WORK), undefined)).toEqual([]);
  expect(mac.security.text(claudeItemNames(undefined, ENV))).toBe(login("another"));
});

test("the Keychain is looked at on macOS alone", async () => {
  using mac = createMac();
  const at = async (platform: NodeJS.Platform) =>
    placesWithLogin({ home: mac.home, env: ENV, platform }, mac.store, WORK);
  expect(await at("linux")).toEqual(placesOf(mac.home, mac.store, WORK));
  expect((await at("darwin")).lookAtTree).toBeFunction();
});

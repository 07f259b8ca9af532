import { afterEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { claudeItemNames } from "../../src/keychain/claude-item.ts";
import type { ProfileConfig } from "../../src/profile/profile-config.ts";
import { leaveTree } from "../../src/reconcile/credentials.ts";
import { keychainLogin } from "../../src/reconcile/keychain-login.ts";
import { livePass, type Outcome } from "../../src/reconcile/live-pass.ts";
import { openCredentials } from "../../src/reconcile/open-credentials.ts";
import type { Reconciled } from "../../src/reconcile/pass.ts";
import type { Places } from "../../src/reconcile/places.ts";
import { createFakeSecurity, type FakeSecurity } from "../support/fake-security.ts";
import { kindOf } from "../support/faults.ts";
import { LINK_MODE } from "../support/link-mode.ts";
import { loginText, oauthAccount, STUB } from "./support/logins.ts";
import { createProfileHome, edit, type ProfileHome, put } from "./support/profile-home.ts";

const FIRST = loginText("A");
const REFRESHED = loginText("A", 2);
const NEWEST = loginText("A", 3);
const ENV = { USER: "tester" };

/** A profile on a Mac, and a claude that keeps its login there as Claude Code does. */
type Mac = {
  readonly box: ProfileHome;
  readonly security: FakeSecurity;
  readonly places: Places;
  /** Claude Code's write: the item, and the file goes where there was no item before. Where it can't write the item, the file. */
  claudeWrites(text: string, secondsLater?: number): void;
  claudeLogsOut(): void;
  /** What claude uses: the item before the file. */
  claudeUses(): string | undefined;
  item(): string | undefined;
  canonical(): string | undefined;
  open(alone?: boolean): boolean;
  live(): Promise<Outcome>;
  final(): Promise<Outcome>;
  [Symbol.dispose](): void;
};

function createMac(config: Partial<ProfileConfig> = {}): Mac {
  const box = createProfileHome(config);
  const security = createFakeSecurity();
  const places: Places = { ...box.places, lookAtTree: keychainLogin(ENV, security.program) };
  const names = claudeItemNames(places.paths.runtime, ENV);
  const reconciled: Reconciled = { ...box.reconciled, places };
  const file = places.treeCredentials;
  const textOf = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  put(places.homeJson, { numStartups: 1 });
  return {
    box,
    security,
    places,
    claudeWrites: (text, secondsLater = 2) => {
      if (security.text(names) === undefined) rmSync(file, { force: true });
      security.put(names, text, secondsLater);
    },
    claudeLogsOut: () => {
      security.remove(names);
      rmSync(file, { force: true });
    },
    claudeUses: () => security.text(names) ?? textOf(file),
    item: () => security.text(names),
    canonical: () => textOf(places.paths.credentials),
    open: (alone = true) => openCredentials(places, { pin: config.account, alone }),
    live: () => livePass(reconciled, { moment: "running", quiet: () => false }),
    final: () => livePass(reconciled, { moment: "final", quiet: () => true }),
    [Symbol.dispose]: () => {
      security[Symbol.dispose]();
      box[Symbol.dispose]();
    },
  };
}

/** A profile with a login that was opened once. */
function loggedIn(config: Partial<ProfileConfig> = {}): Mac {
  const mac = createMac(config);
  writeFileSync(mac.places.paths.credentials, FIRST, { mode: 0o600 });
  mac.open();
  mac.box.open();
  edit(mac.places.treeJson, oauthAccount("A"));
  mac.box.open();
  return mac;
}

/** The same, after claude's first refresh, which took the login into the Keychain. */
async function migrated(config: Partial<ProfileConfig> = {}): Promise<Mac> {
  const mac = loggedIn(config);
  mac.claudeWrites(REFRESHED);
  await mac.final();
  return mac;
}

function quarantine({ places }: Mac): Record<string, string> {
  const directory = places.paths.backups;
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return Object.fromEntries(
    names.map((name) => [name.replace(/^\d{8}T\d{9}Z-/, ""), readFileSync(join(directory, name), "utf8")]),
  );
}

/** What shows the canonical file. */
const SHOWN = LINK_MODE === "symlink" ? "link" : "file";

function fileKind({ places }: Mac): "none" | "link" | "file" {
  const stat = lstatSync(places.treeCredentials, { throwIfNoEntry: false });
  return stat === undefined ? "none" : stat.isSymbolicLink() ? "link" : "file";
}

function setCanonical({ places }: Mac, text: string): void {
  const later = Date.now() / 1000 + 10;
  writeFileSync(places.paths.credentials, text, { mode: 0o600 });
  utimesSync(places.paths.credentials, later, later);
}

afterEach(() => testOnlyArmCheckpoints(undefined));

describe("a profile without an item", () => {
  test("is linked as everywhere, and the Keychain is not written", () => {
    using mac = loggedIn();
    expect(fileKind(mac)).toBe(SHOWN);
    expect(mac.claudeUses()).toBe(FIRST);
    expect(mac.security.items()).toEqual([]);
  });

  test("where the Keychain can't be written keeps its login in the file (ssh)", async () => {
    using mac = loggedIn();
    rmSync(mac.places.treeCredentials);
    writeFileSync(mac.places.treeCredentials, REFRESHED, { mode: 0o600 });
    await mac.final();
    expect(mac.canonical()).toBe(REFRESHED);
    expect(fileKind(mac)).toBe(SHOWN);
  });

  test("is logged out where there is no keychain and no file", () => {
    using mac = createMac();
    mac.security.behave("no keychain");
    expect(mac.open()).toBe(false);
    expect(mac.claudeUses()).toBeUndefined();
  });
});

describe("a login that claude took into the Keychain", () => {
  test("is no logout: it is canonical to the byte, and no link comes back (trap 38)", async () => {
    using mac = await migrated();
    expect(mac.canonical()).toBe(REFRESHED);
    expect(mac.item()).toBe(REFRESHED);
    expect(fileKind(mac)).toBe("none");
    expect(quarantine(mac)).toEqual({ "credentials-rotated": FIRST });
    expect(mac.box.logText()).toContain("carried the tree's login home");
  });

  test("is carried at each refresh, beside the running claude too", async () => {
    using mac = await migrated();
    mac.claudeWrites(NEWEST, 4);
    await mac.live();
    expect(mac.canonical()).toBe(NEWEST);
    expect(mac.item()).toBe(NEWEST);
  });

  test("is taken over by the next start where the shim was killed", async () => {
    using mac = await migrated();
    mac.claudeWrites(NEWEST, 4);
    mac.open();
    expect(mac.canonical()).toBe(NEWEST);
  });

  test("that is as the canonical one costs one read and no write", async () => {
    using mac = await migrated();
    const before = mac.security.calls().length;
    expect(mac.open()).toBe(false);
    expect(mac.security.calls().length - before).toBe(1);
  });

  test("beside another session is left to its shim", async () => {
    using mac = await migrated();
    mac.claudeWrites(NEWEST, 4);
    expect(mac.open(false)).toBe(true);
    expect(mac.canonical()).toBe(REFRESHED);
  });

  test("where the profile was logged out is adopted", async () => {
    using mac = createMac();
    mac.open();
    mac.claudeWrites(FIRST);
    await mac.final();
    expect(mac.canonical()).toBe(FIRST);
  });

  test("survives a cut at any checkpoint", async () => {
    const points = new Set<string>();
    {
      using mac = loggedIn();
      mac.claudeWrites(REFRESHED);
      testOnlyArmCheckpoints((name) => points.add(name));
      await mac.final();
    }
    for (const point of points) {
      using mac = loggedIn();
      mac.claudeWrites(REFRESHED);
      testOnlyArmCheckpoints((name) => {
        if (name === point) throw new Error("killed");
      });
      await mac.final().catch(() => {});
      testOnlyArmCheckpoints(undefined);
      expect([point, mac.claudeUses()]).toEqual([point, REFRESHED]);
      mac.open();
      expect([point, mac.canonical(), mac.item()]).toEqual([point, REFRESHED, REFRESHED]);
    }
  }, 60_000);

  test("is asked for once more before it is replaced: a refresh of that moment is not lost", async () => {
    using mac = await migrated();
    setCanonical(mac, NEWEST);
    const newer = loginText("A", 9);
    testOnlyArmCheckpoints((name) => {
      if (name === "credentials:quarantined") mac.claudeWrites(newer, 5);
    });
    expect(kindOf(() => mac.open())).toBe("concurrent_modification");
    expect(mac.item()).toBe(newer);
  });
});

describe("a canonical login that changed", () => {
  test("is shown through the item, where claude looks first", async () => {
    using mac = await migrated();
    setCanonical(mac, NEWEST);
    mac.open();
    expect(mac.claudeUses()).toBe(NEWEST);
    expect(fileKind(mac)).toBe("none");
  });

  test.each([
    [
      "is too long for the Keychain's program",
      JSON.stringify({ ...JSON.parse(NEWEST), more: "x".repeat(3000) }),
      undefined,
    ],
    ["would be cut off (trap 40)", NEWEST, "cuts at 120" as const],
  ])("is shown through a link where it %s, and the item goes", async (_, text, mode) => {
    using mac = await migrated();
    setCanonical(mac, text);
    mac.security.behave(mode);
    mac.open();
    expect(mac.claudeUses()).toBe(text);
    expect(fileKind(mac)).toBe(SHOWN);
    expect(mac.item()).toBeUndefined();
    expect(mac.open()).toBe(false);
  });

  test("loses nothing that claude keeps beside the login", async () => {
    using mac = await migrated();
    const servers = { mcpOAuth: { "a|1": { accessToken: "fake-mcp" } } };
    setCanonical(mac, NEWEST);
    mac.claudeWrites(JSON.stringify({ ...JSON.parse(REFRESHED), ...servers }), 30);
    mac.open();
    expect(JSON.parse(mac.item() ?? "")).toMatchObject(servers);
    expect(mac.canonical()).toBe(mac.item() ?? "");
  });
});

describe("a logout", () => {
  test("is carried: item and file are gone, and the account was dropped", async () => {
    using mac = await migrated();
    mac.claudeLogsOut();
    edit(mac.places.treeJson, { oauthAccount: undefined });
    await mac.final();
    expect(mac.canonical()).toBeUndefined();
    expect(quarantine(mac)).toMatchObject({ "credentials-logged-out": REFRESHED });
  });

  test("is none where only the item went: the login is linked again", async () => {
    using mac = await migrated();
    mac.claudeLogsOut();
    await mac.final();
    expect(mac.claudeUses()).toBe(REFRESHED);
  });

  test("is no matter of a refused refresh: the stub stays, and is said", async () => {
    using mac = await migrated();
    mac.claudeWrites(STUB);
    const { notes } = await mac.final();
    expect(notes.join()).toContain("the server refused the login");
    expect(mac.canonical()).toBe(REFRESHED);
    expect(mac.item()).toBe(STUB);
  });
});

describe("a file beside the item", () => {
  test("that is newer is what claude used where it could not reach the Keychain: it wins", async () => {
    using mac = await migrated();
    writeFileSync(mac.places.treeCredentials, NEWEST, { mode: 0o600 });
    mac.open();
    expect([mac.canonical(), mac.item(), fileKind(mac)]).toEqual([NEWEST, NEWEST, "none"]);
    expect(Object.values(quarantine(mac))).toContain(REFRESHED);
  });

  test("that is older goes, to quarantine", async () => {
    using mac = await migrated();
    writeFileSync(mac.places.treeCredentials, FIRST, { mode: 0o600 });
    mac.open();
    expect([mac.canonical(), mac.item(), fileKind(mac)]).toEqual([REFRESHED, REFRESHED, "none"]);
    expect(quarantine(mac)).toMatchObject({ "credentials-conflict": FIRST });
  });

  test("that is a link goes: through it a spent token could be used where the item can't be read", async () => {
    using mac = await migrated();
    symlinkSync(mac.places.paths.credentials, mac.places.treeCredentials);
    mac.open();
    expect([mac.canonical(), mac.item(), fileKind(mac)]).toEqual([REFRESHED, REFRESHED, "none"]);
  });
});

describe("a locked Keychain", () => {
  test("stops a start that would use what is in it, and nothing is touched", async () => {
    using mac = await migrated();
    mac.security.behave("locked");
    const before = [mac.canonical(), mac.item(), fileKind(mac)];
    expect(kindOf(() => mac.open())).toBe("keychain_locked");
    expect([mac.canonical(), mac.item(), fileKind(mac)]).toEqual(before);
  });

  test("while claude runs leaves all as it is, and is said at the end", async () => {
    using mac = await migrated();
    mac.claudeWrites(NEWEST, 4);
    mac.security.behave("locked");
    const { notes } = await mac.final();
    expect(notes.join()).toContain("the Keychain is locked");
    expect([mac.canonical(), mac.item()]).toEqual([REFRESHED, NEWEST]);
    mac.security.behave(undefined);
    mac.open();
    expect(mac.canonical()).toBe(NEWEST);
  });

  test("is no matter of a profile that has nothing in it", () => {
    using mac = loggedIn();
    mac.security.behave("locked");
    expect(mac.open()).toBe(false);
  });
});

describe("a pinned profile", () => {
  test("keeps out another account's login: the item shows its own again", async () => {
    using mac = await migrated({ account: "uuid-A" });
    mac.claudeWrites(loginText("B"), 4);
    await mac.final();
    expect([mac.canonical(), mac.item()]).toEqual([REFRESHED, REFRESHED]);
    expect(quarantine(mac)).toMatchObject({ "credentials-other-account": loginText("B") });
  });

  test("takes no other account's login where it has none: the item goes", async () => {
    using mac = createMac({ account: "uuid-A" });
    mac.open();
    mac.claudeWrites(loginText("B"), 4);
    await mac.final();
    expect([mac.canonical(), mac.item()]).toEqual([undefined, undefined]);
  });
});

describe("a tree whose path changes", () => {
  test("takes its login along: from the Keychain into the tree", async () => {
    using mac = await migrated();
    mac.claudeWrites(NEWEST, 4);
    leaveTree(mac.places);
    expect(mac.item()).toBeUndefined();
    expect(readFileSync(mac.places.treeCredentials, "utf8")).toBe(NEWEST);
    expect(lstatSync(mac.places.treeCredentials).mode & 0o777).toBe(0o600);
    mac.open();
    expect(mac.canonical()).toBe(NEWEST);
  });

  test("keeps what could not be taken out of a locked Keychain", async () => {
    using mac = await migrated();
    mac.security.behave("locked");
    expect(kindOf(() => leaveTree(mac.places))).toBe("keychain_locked");
    expect(mac.item()).toBe(REFRESHED);
  });

  test("without an item stays as it is", () => {
    using mac = loggedIn();
    leaveTree(mac.places);
    expect(fileKind(mac)).toBe(SHOWN);
  });
});

test("items of other directories and accounts are never touched", async () => {
  using mac = loggedIn();
  const names = claudeItemNames(mac.places.paths.runtime, ENV);
  const foreign = [
    { service: "Claude Code-credentials", account: "tester" },
    { service: "Claude Code-credentials-ffffffff", account: "tester" },
    { service: names.service, account: "somebody-else" },
  ];
  for (const item of foreign) mac.security.put(item, loginText("F"));
  mac.claudeWrites(REFRESHED);
  await mac.final();
  setCanonical(mac, NEWEST);
  mac.open();
  leaveTree(mac.places);
  expect(foreign.map((item) => mac.security.text(item))).toEqual(foreign.map(() => loginText("F")));
  const services = mac.security.calls().flatMap(({ args, input }) => [args.join(" "), input]);
  expect(services.filter((text) => /ffffffff|somebody-else/.test(text))).toEqual([]);
});

test("no token stands in any argument, log line or error", async () => {
  using mac = await migrated();
  setCanonical(mac, NEWEST);
  mac.open();
  mac.security.behave("locked");
  await mac.final();
  const args = mac.security.calls().flatMap((call) => call.args);
  const shown = `${args.join(" ")} ${mac.box.logText()}`;
  expect(shown).not.toContain("fakeA");
  expect(shown).not.toContain(Buffer.from("fakeA").toString("hex"));
});

import { afterAll, expect, setDefaultTimeout, setSystemTime, test } from "bun:test";
import {
  closeSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ClauthError } from "../../src/errors.ts";
import { storeOf } from "../../src/paths.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";
import { parseProfileName } from "../../src/profile-name.ts";
import { livePass } from "../../src/reconcile/live-pass.ts";
import { placesOf } from "../../src/reconcile/places.ts";
import { fillTree } from "../../src/session/fill-tree.ts";
import { finalize } from "../../src/session/finalize.ts";
import { openSession } from "../../src/session/open.ts";
import type { Session } from "../../src/session/session.ts";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { type Fault, type FaultSite, sitesOf, withFaultAt } from "../support/fault-sites.ts";
import { isShown, LINK_MODE_ENV } from "../support/link-mode.ts";

/**
 * The fault table: each call of the disk that an open, a live and a final pass make, with each answer that a file system gives
 * on a bad day. Whatever fails, the user reads a meaning and a cure, nothing is lost, and the next call without the fault
 * heals everything. CLAUTH_FAULTS=all tries each answer at each call; without it they take turns.
 */
setDefaultTimeout(600_000);

const ONCE = ["ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES", "EPERM", "EBUSY", "EMFILE", "ESTALE"] as const;
const EVERY_ANSWER = process.env["CLAUTH_FAULTS"] === "all";
const REFRESHED = credentialsText({ account: "W", generation: 2 });
const figures = { sites: 0, faults: 0, lost: 0 };

afterAll(() => console.log(`fault table: ${JSON.stringify(figures)}`));

type Stage = {
  readonly name: string;
  /** What stands before the stage. */
  readonly scene: (bench: Bench) => Promise<void> | void;
  /** What may fail. */
  readonly run: (bench: Bench) => Promise<unknown> | unknown;
};

const STAGES: readonly Stage[] = [
  {
    name: "the first open of a profile",
    scene: () => {},
    run: (bench) => bench.open(),
  },
  {
    name: "an open that repairs what a killed shim left",
    scene: async (bench) => {
      await bench.wholeSession();
      bench.eventsOfSession();
      bench.leftovers();
    },
    run: (bench) => bench.open(),
  },
  {
    name: "a pass beside claude",
    scene: (bench) => {
      bench.open();
      bench.eventsOfSession();
    },
    run: (bench) => bench.live(),
  },
  {
    name: "the last pass",
    scene: (bench) => {
      bench.open();
      bench.eventsOfSession();
    },
    run: (bench) => bench.close(),
  },
];

for (const stage of STAGES) {
  test(`${stage.name} survives every fault of the disk at every call`, async () => {
    const sites = await sitesOfStage(stage);
    figures.sites += sites.length;
    expect(sites.length).toBeGreaterThan(50);
    const wrong: string[] = [];
    for (const [index, site] of sites.entries()) {
      for (const fault of faultsFor(site, index)) wrong.push(...(await tryFault(stage, site, fault)));
    }
    expect(wrong).toEqual([]);
  });
}

async function sitesOfStage(stage: Stage): Promise<readonly FaultSite[]> {
  using bench = createBench();
  await stage.scene(bench);
  return await sitesOf(bench.home, () => stage.run(bench));
}

function faultsFor({ call }: FaultSite, index: number): readonly Fault[] {
  const codes = EVERY_ANSWER ? ONCE : [0, 3].map((step) => ONCE[(index + step) % ONCE.length] ?? "EIO");
  const faults: Fault[] = codes.map((code) => ({ what: "once", code }));
  if (["write", "rename", "symlink", "link", "makeDirectory", "open"].includes(call)) {
    faults.push({ what: "from-here-on", code: index % 2 === 0 ? "ENOSPC" : "EROFS" });
  }
  if (call === "write") faults.push({ what: "short-writes" });
  if (call === "rename") faults.push({ what: "times", code: "EBUSY", times: 3 });
  if (call === "list" || call === "listEntries") faults.push({ what: "times", code: "EACCES", times: 100 });
  return faults;
}

/** @returns what is wrong */
async function tryFault(stage: Stage, site: FaultSite, fault: Fault): Promise<readonly string[]> {
  const descriptors = openDescriptors();
  using bench = createBench();
  await stage.scene(bench);
  const { reached, thrown } = await withFaultAt(bench.home, site, fault, () => stage.run(bench));
  if (!reached) return [];
  figures.faults += 1;
  bench.abandon();
  const wrong = [
    ...(thrown === undefined ? [] : complaintsAbout(thrown)),
    ...complaintsAboutText(bench.said()),
  ];
  if (openDescriptors() !== descriptors) wrong.push(`${openDescriptors() - descriptors} descriptors leaked`);
  bench.letTimePass();
  try {
    await bench.wholeSession();
    await bench.wholeSession();
    wrong.push(...differences(bench.outcome(), bench.expected()));
  } catch (error) {
    wrong.push(`does not heal: ${error}`);
  }
  if (wrong.length > 0) figures.lost += 1;
  return wrong.map((text) => `${JSON.stringify(fault)} at ${site.key}: ${text}`);
}

function differences(outcome: Outcome, expected: Outcome): readonly string[] {
  return Object.keys(expected).flatMap((key) => {
    const [is, shouldBe] = [JSON.stringify(outcome[key]), JSON.stringify(expected[key])];
    return Bun.deepEquals(outcome[key], expected[key]) ? [] : [`${key} is ${is}, not ${shouldBe}`];
  });
}

type Outcome = Readonly<Record<string, unknown>>;

/** What is wrong with an error as the user would read it. */
function complaintsAbout(thrown: unknown): readonly string[] {
  if (!(thrown instanceof ClauthError)) return [`not a ClauthError: ${String(thrown)}`];
  const wrong = [...complaintsAboutText(thrown.message), ...complaintsAboutText(thrown.hint ?? "")];
  if (thrown.kind === "internal" || thrown.kind === "lock_order")
    wrong.push(`${thrown.kind}: ${thrown.message}`);
  if (thrown.hint === undefined) wrong.push(`no hint: ${thrown.message}`);
  if (
    ["store_busy", "concurrent_modification", "session_vanished"].includes(thrown.kind) !== thrown.retrySafe
  )
    wrong.push(`${thrown.kind}: retrySafe is ${thrown.retrySafe}`);
  return wrong;
}

function complaintsAboutText(text: string): readonly string[] {
  return [/\bE(NOSPC|DQUOT|IO|ROFS|ACCES|PERM|BUSY|MFILE|STALE)\b/, /unexpected|internal/, /sk-ant-/].flatMap(
    (pattern) => {
      const found = pattern.exec(text)?.[0];
      return found === undefined ? [] : [`"${found}" in: ${text}`];
    },
  );
}

type Bench = {
  readonly home: string;
  open(): void;
  live(): Promise<unknown>;
  close(): Promise<void>;
  /** Opens and closes without a claude in between. */
  wholeSession(): Promise<void>;
  /** Ends the open session as a kill does: the kernel frees its locks. */
  abandon(): void;
  /** What a claude did in its session, acknowledged to its user. */
  eventsOfSession(): void;
  /** Twelve minutes: what a killed process left is old by then. */
  letTimePass(): void;
  leftovers(): void;
  said(): string;
  outcome(): Outcome;
  expected(): Outcome;
  [Symbol.dispose](): void;
};

const FAST_DISK = "/dev/shm";

function createBench(): Bench {
  const home = realpathSync(
    mkdtempSync(join(isDirectory(FAST_DISK) ? FAST_DISK : tmpdir(), "clauth-faults-")),
  );
  const store = storeOf({ env: {}, home });
  const name = parseProfileName("work");
  const places = placesOf(home, store, name);
  const { paths } = places;
  const request = {
    store,
    name,
    config: parseProfileConfig("", "config.toml"),
    overlay: { env: { PROFILE_KNOB: "1" } },
  };
  const put = (path: string, value: unknown) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value), { mode: 0o600 });
  };
  const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));
  const edit = (path: string, changes: object) => put(path, { ...read(path), ...changes });
  const first = credentialsText({ account: "W" });
  let happened = false;
  let session: Session | undefined;
  const said: string[] = [];

  put(store.profileList, 'profiles = ["work"]\n');
  put(paths.credentials, first);
  put(places.homeJson, {
    hasCompletedOnboarding: true,
    mcpServers: { old: { command: "a" } },
    oauthAccount: "home's",
  });
  put(places.claude.settings, { theme: "dark", permissions: { deny: ["Read(secret)"] } });
  put(join(places.claude.root, "CLAUDE.md"), "mine");
  put(join(places.claude.root, "agents", "old.md"), "old");

  function close(): Promise<void> {
    const open = session;
    session = undefined;
    return open === undefined
      ? Promise.resolve()
      : finalize(open, undefined).then((lines) => void said.push(...lines));
  }
  function open(): void {
    session = openSession({ home, cwd: home, env: LINK_MODE_ENV, executable: process.execPath }, request);
    if (session.places.mode !== "symlink") fillTree(session);
  }
  return {
    home,
    open,
    close,
    live: async () => {
      if (session === undefined) throw new Error("no session is open");
      const moment = { moment: "running", quiet: () => true } as const;
      return livePass(session, moment);
    },
    wholeSession: async () => {
      open();
      // A session in which nothing happened has no last pass, which sweeps.
      lutimesSync(places.treeJson, new Date(), new Date());
      await close();
    },
    abandon: () => {
      if (session !== undefined) closeQuietly(session.record.fd);
      session = undefined;
    },
    eventsOfSession: () => {
      happened = true;
      unlinkSync(places.treeCredentials);
      put(places.treeCredentials, REFRESHED);
      edit(places.treeJson, { tipsHistory: { seen: 1 }, oauthAccount: oauthAccountOf("W") });
      edit(places.homeJson, { mcpServers: { old: { command: "a" }, fresh: { command: "b" } } });
      edit(places.treeSettings, { theme: "light" });
      edit(places.claude.settings, { permissions: { deny: ["Read(secret)", "Read(more)"] } });
      put(join(paths.runtime, "keybindings.json"), "{}");
      unlinkSync(join(paths.runtime, "CLAUDE.md"));
      put(join(paths.runtime, "CLAUDE.md"), "mine, edited");
      put(join(paths.runtime, "workflows", "w.md"), "a workflow");
      put(join(paths.runtime, "plugins", "known_marketplaces.json"), {
        at: join(paths.runtime, "plugins", "x"),
      });
    },
    // Not by the times of files: nobody can set when an inode changed last.
    letTimePass: () => void setSystemTime(Date.now() + 12 * 60_000),
    leftovers: () => {
      put(join(paths.base, ".claude.json.clauth-1-abc.tmp"), "half");
      put(join(paths.runtime, ".x.clauth-1-abc.tmp"), "half");
      put(join(paths.sessions, "1-dead"), "");
    },
    said: () => [...said, logText(store.log)].join("\n"),
    outcome: () => ({
      credentials: readFileSync(paths.credentials, "utf8"),
      shown: isShown(places.treeCredentials, paths.credentials),
      home: read(places.homeJson),
      tree: read(places.treeJson),
      homeSettings: read(places.claude.settings),
      treeSettings: read(places.treeSettings),
      memory: readFileSync(join(places.claude.root, "CLAUDE.md"), "utf8"),
      shared: ["keybindings.json", "CLAUDE.md", "workflows", "agents", "history.jsonl"].map((entry) => {
        const inTree = join(paths.runtime, entry);
        return [entry, existsSync(inTree) ? isShown(inTree, join(places.claude.root, entry)) : "missing"];
      }),
      workflow: textOf(join(places.claude.root, "workflows", "w.md")),
      marketplaces: textOf(join(places.claude.root, "plugins", "known_marketplaces.json")),
      leftovers: readdirSync(home, { recursive: true, encoding: "utf8" }).filter(
        (path) =>
          /\.tmp$|sessions\/\d/.test(path) ||
          (path.endsWith(".lock") && lstatSync(join(home, path)).isDirectory()),
      ),
    }),
    expected: () => ({
      credentials: happened ? REFRESHED : first,
      shown: true,
      home: {
        hasCompletedOnboarding: true,
        mcpServers: { old: { command: "a" }, ...(happened && { fresh: { command: "b" } }) },
        oauthAccount: "home's",
        ...(happened && { tipsHistory: { seen: 1 } }),
      },
      tree: {
        hasCompletedOnboarding: true,
        mcpServers: { old: { command: "a" }, ...(happened && { fresh: { command: "b" } }) },
        ...(happened && { tipsHistory: { seen: 1 }, oauthAccount: oauthAccountOf("W") }),
      },
      homeSettings: settings(happened),
      treeSettings: { ...settings(happened), env: { PROFILE_KNOB: "1" } },
      memory: happened ? "mine, edited" : "mine",
      shared: [
        ["keybindings.json", happened || "missing"],
        ["CLAUDE.md", true],
        ["workflows", happened || "missing"],
        ["agents", true],
        ["history.jsonl", true],
      ],
      workflow: happened ? "a workflow" : undefined,
      marketplaces: happened ? JSON.stringify({ at: join(places.claude.root, "plugins", "x") }) : undefined,
      leftovers: [],
    }),
    [Symbol.dispose]: () => {
      setSystemTime();
      if (session !== undefined) closeQuietly(session.record.fd);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function settings(happened: boolean) {
  return {
    theme: happened ? "light" : "dark",
    permissions: { deny: ["Read(secret)", ...(happened ? ["Read(more)"] : [])] },
  };
}

function logText(path: string): string {
  return textOf(path) ?? "";
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {}
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { isTemporaryName } from "../../src/disk/write-file.ts";
import { finalize } from "../../src/session/finalize.ts";
import { type Reconciler, startReconciler } from "../../src/session/reconciler.ts";
import type { Session } from "../../src/session/session.ts";
import { claudeWrites, isLinked, loginText } from "../reconcile/support/logins.ts";
import { edit, type ProfileHome, put, read } from "../reconcile/support/profile-home.ts";
import { fileAppears, waitFor } from "../support/wait-for.ts";
import { createLoggedIn, openIn } from "./support/sessions.ts";

let box: ProfileHome;
let running: { readonly session: Session; readonly reconciler: Reconciler }[];
beforeEach(() => {
  running = [];
  box = createLoggedIn();
});
afterEach(async () => {
  testOnlyArmCheckpoints(undefined);
  for (const { session, reconciler } of running) await finalize(session, reconciler);
  box[Symbol.dispose]();
});

/** A session as its shim has it while claude runs. */
function start() {
  const session = openIn(box);
  const started = { session, reconciler: startReconciler(session) };
  running.push(started);
  return started;
}

async function end(started: (typeof running)[number]): Promise<void> {
  running = running.filter((one) => one !== started);
  await finalize(started.session, started.reconciler);
}

function canonicalIs(text: string): Promise<true> {
  return waitFor("the token", () => readFileSync(box.places.paths.credentials, "utf8") === text);
}

test("carries each change that claude makes, and each that the user makes at home (trap 37)", async () => {
  start();
  for (const generation of [2, 3]) {
    claudeWrites(box.places, loginText("A", generation), generation);
    await canonicalIs(loginText("A", generation));
    await waitFor("the link", () => isLinked(box.places));
  }
  edit(box.places.treeJson, { tipsHistory: {} });
  await waitFor("the key at home", () => "tipsHistory" in read(box.places.homeJson));
  edit(box.places.homeJson, { mcpServers: { demo: { command: "true" } } });
  await waitFor("the server in the tree", () => "mcpServers" in read(box.places.treeJson));
  edit(box.places.claude.settings, { verbose: true });
  await waitFor("the setting in the tree", () => "verbose" in read(box.places.treeSettings));
  put(join(box.places.paths.runtime, "keybindings.json"), "{}");
  await waitFor("the file at home", () =>
    lstatSync(join(box.places.claude.root, "keybindings.json"), { throwIfNoEntry: false })?.isFile(),
  );
});

test("carries what changed between the open and the first watch", async () => {
  const session = openIn(box);
  claudeWrites(box.places, loginText("A", 2));
  running.push({ session, reconciler: startReconciler(session) });
  await canonicalIs(loginText("A", 2));
});

test("of two sessions one is in charge, and the other takes over when that ends", async () => {
  const [first] = [start(), start()];
  await end(first);
  claudeWrites(box.places, loginText("A", 2));
  await canonicalIs(loginText("A", 2));
});

test("a lock that can't be opened leaves the session without a reconciler, and the end carries all", async () => {
  mkdirSync(box.places.paths.reconcileLock);
  const session = start();
  claudeWrites(box.places, loginText("A", 2));
  await end(session);
  expect(readFileSync(box.places.paths.credentials, "utf8")).toBe(loginText("A", 2));
});

test("a lock that can be opened later is taken at the next sign of life", async () => {
  mkdirSync(box.places.paths.reconcileLock);
  start();
  rmdirSync(box.places.paths.reconcileLock);
  const sign = join(box.places.paths.sessions, "1-sign");
  writeFileSync(sign, "");
  claudeWrites(box.places, loginText("A", 2));
  await canonicalIs(loginText("A", 2));
  rmSync(sign, { force: true });
});

test("an end in the middle of a burst leaves no file in flight, and carries what the burst brought", async () => {
  const session = start();
  put(join(box.places.paths.runtime, "keybindings.json"), "{}");
  // The last that a pass carries: by then the first one is over.
  await fileAppears(join(box.places.claude.root, "keybindings.json"));
  const prepared = new Promise<void>((resolve) => {
    testOnlyArmCheckpoints((name) => name === "claude.json:written-beforehand" && resolve());
  });
  edit(box.places.treeJson, { tipsHistory: {} });
  await prepared;
  expect(inFlight().length).toBe(2);
  await end(session);
  expect(inFlight()).toEqual([]);
  expect(read(box.places.homeJson)).toHaveProperty("tipsHistory");
});

function inFlight(): readonly string[] {
  return readdirSync(box.home, { recursive: true, encoding: "utf8" }).filter((name) =>
    isTemporaryName(basename(name)),
  );
}

describe("a merge of another profile's shim", () => {
  /** How often the end of a burst was waited for; and whether it is, or never comes. */
  let waits = 0;
  let waiting = false;
  let isEndless = false;
  let timers: { [Symbol.dispose](): void };

  beforeEach(() => {
    [waits, waiting, isEndless] = [0, false, false];
    const real = globalThis.setTimeout;
    const wait = (act: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => {
      if (delay !== 50) return real(act, isEndless && delay === 25 ? FOREVER : delay, ...args);
      waits += 1;
      waiting = true;
      return real(
        () => {
          waiting = false;
          act(...args);
        },
        isEndless ? FOREVER : delay,
      );
    };
    timers = spyOn(globalThis, "setTimeout").mockImplementation(Object.assign(wait, real));
  });
  afterEach(() => timers[Symbol.dispose]());
  const FOREVER = 1_000_000;

  /** Starts a reconciler, and lets it hear of its own last write: from then on it watches, and hears of nothing but the test. */
  async function startAndSettle(): Promise<Session> {
    let waitsBefore = Number.POSITIVE_INFINITY;
    testOnlyArmCheckpoints((name) => {
      if (name === "claude.json:written") waitsBefore = waits;
    });
    const { session } = start();
    edit(box.places.homeJson, { atFirst: true });
    await waitFor("quiet", () => waits > waitsBefore && !waiting);
    [waits, isEndless] = [0, true];
    return session;
  }

  function merges(key: string): void {
    renameSync(preparesToMerge(key), box.places.homeJson);
  }

  function preparesToMerge(key: string): string {
    const temporary = join(box.home, `..claude.json.clauth-${process.pid + 1}-${key.toLowerCase()}.tmp`);
    writeFileSync(temporary, JSON.stringify({ ...read(box.places.homeJson), [key]: true }));
    return temporary;
  }

  const isInTree = (key: string) => key in read(box.places.treeJson);

  test("is no burst: it is carried at once", async () => {
    await startAndSettle();
    merges("fromSibling");
    await waitFor("the key in the tree", () => isInTree("fromSibling"));
  });

  test("is prepared for as soon as its file is in flight", async () => {
    const { memory } = await startAndSettle();
    const temporary = preparesToMerge("fromSibling");
    await waitFor("what is prepared", () => memory.prepared?.isUnnamed);
    expect(isInTree("fromSibling")).toBe(false);
    renameSync(temporary, box.places.homeJson);
    await waitFor("the key in the tree", () => isInTree("fromSibling"));
    expect(memory.prepared).toBeUndefined();
  });

  test("is waited for where a claude writes here too", async () => {
    await startAndSettle();
    edit(box.places.treeJson, { tipsHistory: {} });
    await waitFor("the burst", () => waits > 0);
    const before = waits;
    merges("fromSibling");
    await waitFor("the merge", () => waits > before);
    expect(isInTree("fromSibling")).toBe(false);
  });

  test("is told from a write of claude's, which is waited for", async () => {
    await startAndSettle();
    writeFileSync(`${box.places.homeJson}.tmp.1`, JSON.stringify({ fromClaude: true }));
    renameSync(`${box.places.homeJson}.tmp.1`, box.places.homeJson);
    await waitFor("the burst", () => waits > 0);
    expect(isInTree("fromClaude")).toBe(false);
  });

  test("is carried no more often than bursts are, however many there come", async () => {
    await startAndSettle();
    let carried = 0;
    testOnlyArmCheckpoints((name) => {
      if (name === "claude.json:written") carried += 1;
    });
    const since = performance.now();
    for (let merge = 0; merge < 40; merge++) {
      merges(`from${merge}`);
      await waitFor("its event", () => isInTree(`from${merge}`) || waits > 0);
      waits = 0;
    }
    expect(carried).toBeLessThanOrEqual(1 + (performance.now() - since) / 50);
  });
});

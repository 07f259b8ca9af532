import { afterEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { livePass } from "../../src/reconcile/live-pass.ts";
import { finalize } from "../../src/session/finalize.ts";
import { startReconciler } from "../../src/session/reconciler.ts";
import type { Session } from "../../src/session/session.ts";
import { claudeWrites, isLinked, loginText, oauthAccount } from "../reconcile/support/logins.ts";
import { edit, everyTrace, type ProfileHome, read } from "../reconcile/support/profile-home.ts";
import { isOfMirror, isShown } from "../support/link-mode.ts";
import { startLockProcess } from "../support/lock-process.ts";
import { waitFor } from "../support/wait-for.ts";
import { createLoggedIn, openAsShim, openIn } from "./support/sessions.ts";

function openedBox(): { box: ProfileHome; session: Session } {
  const box = createLoggedIn();
  edit(box.places.homeJson, { a: 1, b: 2 });
  return { box, session: openIn(box) };
}

afterEach(() => testOnlyArmCheckpoints(undefined));

test("carries what claude changed, also without a pass beside it, and ends the session (trap 36)", async () => {
  const { box, session } = openedBox();
  using _ = box;
  claudeWrites(box.places, loginText("A", 2));
  edit(box.places.treeJson, { tipsHistory: { a: 1 }, b: undefined, ...oauthAccount("A") });
  edit(box.places.treeSettings, { model: "opus" });
  expect(await finalize(session, undefined)).toEqual([]);
  expect(readFileSync(box.places.paths.credentials, "utf8")).toBe(loginText("A", 2));
  expect(isLinked(box.places)).toBe(true);
  expect(read(box.places.homeJson)).toEqual({ numStartups: 1, a: 1, tipsHistory: { a: 1 } });
  expect(read(box.places.claude.settings)).toEqual({ theme: "dark", model: "opus" });
  expect(readdirSync(box.places.paths.sessions)).toEqual([]);
});

test("writes nothing where nothing changed", async () => {
  const { box, session: first } = openedBox();
  using _ = box;
  await finalize(first, undefined);
  const session = openAsShim(box);
  const { paths, claude } = box.places;
  const traces = () =>
    everyTrace(paths.base, paths.runtime, claude.root, box.store.log).filter((trace) => !isOfMirror(trace));
  const before = traces();
  await finalize(session, undefined);
  expect(traces()).toEqual(before);
});

test("never fails: what could not be carried is said, and the session ends all the same", async () => {
  const { box, session } = openedBox();
  using _ = box;
  edit(box.places.treeSettings, { model: "opus" });
  rmSync(box.places.claude.settings);
  mkdirSync(box.places.claude.settings);
  expect(await finalize(session, undefined)).toEqual([expect.stringContaining("the next start tries again")]);
  expect(readdirSync(box.places.paths.sessions)).toEqual([]);
  rmSync(box.places.claude.settings, { recursive: true });
  await finalize(openIn(box), undefined);
  expect(read(box.places.claude.settings)).toMatchObject({ model: "opus" });
});

test("an error that nobody foresaw is one line, and the session ends all the same", async () => {
  const { box, session } = openedBox();
  using _ = box;
  edit(box.places.treeJson, { tipsHistory: {} });
  testOnlyArmCheckpoints((name) => {
    if (name === "claude.json:before-home") throw new TypeError("a bug");
  });
  expect(await finalize(session, undefined)).toEqual([expect.stringContaining("a bug")]);
  testOnlyArmCheckpoints(undefined);
  expect(readdirSync(box.places.paths.sessions)).toEqual([]);
});

test("beside another session a vanished key is left to that one", async () => {
  const { box, session } = openedBox();
  using _ = box;
  const other = await startLockProcess(["hold-record", box.places.paths.sessions]);
  edit(box.places.treeJson, { b: undefined, tipsHistory: {} });
  await finalize(session, undefined);
  expect(read(box.places.homeJson)).toEqual({ numStartups: 1, a: 1, b: 2, tipsHistory: {} });
  expect(readdirSync(box.places.paths.sessions)).toHaveLength(1);
  await other.kill();
});

test("where the state lock is busy the record stays behind, free for the next open to prune", async () => {
  const { box, session } = openedBox();
  using _ = box;
  const other = await startLockProcess(["hold-state", box.store.lock]);
  await finalize(session, undefined);
  await other.kill();
  await finalize(openIn(box), undefined);
  expect(readdirSync(box.places.paths.sessions)).toEqual([]);
});

test("where nothing changed the record goes also where the state lock is busy: nobody has to be told", async () => {
  const { box, session: first } = openedBox();
  using _ = box;
  await finalize(first, undefined);
  const session = openAsShim(box);
  const other = await startLockProcess(["hold-state", box.store.lock]);
  await finalize(session, undefined);
  expect(readdirSync(box.places.paths.sessions)).toEqual([]);
  await other.kill();
});

test("waits for the pass that is under way, and none starts after it", async () => {
  const { box, session } = openedBox();
  using _ = box;
  const reconciler = startReconciler(session);
  claudeWrites(box.places, loginText("A", 2));
  await waitFor("the token", () => readFileSync(box.places.paths.credentials, "utf8") === loginText("A", 2));
  edit(box.places.treeSettings, { model: "opus" });
  await finalize(session, reconciler);
  expect(read(box.places.claude.settings)).toMatchObject({ model: "opus" });
  const before = everyTrace(box.home);
  edit(box.places.treeSettings, { model: "haiku" });
  await Bun.sleep(150);
  const changed = everyTrace(box.home).filter((trace) => !before.includes(trace));
  expect(changed.every((trace) => trace.startsWith(`${box.places.treeSettings} `))).toBe(true);
});

test("of two sessions that end at the same time one carries what only the last may carry", async () => {
  const { box, session: a } = openedBox();
  using _ = box;
  const b = openIn(box);
  makeDirectoryInTree(a);
  await Promise.all([finalize(a, undefined), finalize(b, undefined)]);
  expectCarried(a);
});

test("a session that changed nothing carries what waited for its end since it was opened", async () => {
  const { box, session: first } = openedBox();
  using _ = box;
  makeDirectoryInTree(first);
  const second = openIn(box);
  await finalize(first, undefined);
  expect(lstatSync(join(second.places.paths.runtime, "workflows")).isDirectory()).toBe(true);
  await finalize(second, undefined);
  expectCarried(second);
});

test("of two sessions the one that ends first leaves the tree to the other", async () => {
  const { box, session: a } = openedBox();
  using _ = box;
  const b = openIn(box);
  await finalize(a, undefined);
  expect(readdirSync(b.places.paths.sessions)).toHaveLength(1);
  await finalize(b, undefined);
  expect(readdirSync(b.places.paths.sessions)).toEqual([]);
});

/** What only the last one out may carry: a directory where the link would be. */
function makeDirectoryInTree({ places }: Session): void {
  mkdirSync(join(places.paths.runtime, "workflows"));
  writeFileSync(join(places.paths.runtime, "workflows", "w.md"), "a workflow");
}

function expectCarried({ places }: Session): void {
  expect(existsSync(join(places.claude.root, "workflows", "w.md"))).toBe(true);
  const shared = join(places.claude.root, "workflows");
  expect(isShown(join(places.paths.runtime, "workflows"), shared)).toBe(true);
  expect(readdirSync(places.paths.sessions)).toEqual([]);
}

// Windows removes and renames no directory of which a file is open; told to, Bun opens that file until the system has no handles left
// (1.4.5 under Wine 10).
const describeOnUnix = describe.skipIf(process.platform === "win32");

describeOnUnix("where the tree is not the directory that claude was started in, nothing is written", () => {
  /** Claude changed everything, and a login that must not be lost may stand anywhere. */
  function changeEverything({ places }: ProfileHome): void {
    edit(places.treeJson, { tipsHistory: {}, ...oauthAccount("A") });
    edit(places.treeSettings, { model: "opus" });
    claudeWrites(places, loginText("A", 2));
  }

  test.each([
    ["the profile was removed", ({ places }: ProfileHome) => places.paths.root],
    ["the store was removed", ({ store }: ProfileHome) => store.root],
  ])("%s: it does not come back", async (_, gone) => {
    const { box, session } = openedBox();
    using _box = box;
    changeEverything(box);
    rmSync(gone(box), { recursive: true });
    const before = everyTrace(box.home);
    expect((await livePass(session, { moment: "running", quiet: () => false })).notes).toEqual([]);
    expect(await finalize(session, undefined)).toEqual([
      `the tree of profile "work" was removed or moved while claude ran: nothing was carried from it; it stood at ${box.places.paths.runtime}`,
    ]);
    expect(existsSync(gone(box))).toBe(false);
    expect(everyTrace(box.home)).toEqual(before);
  });

  test("claude made the directory anew: an empty one is carried nowhere", async () => {
    const { box, session } = openedBox();
    using _ = box;
    rmSync(box.places.paths.root, { recursive: true });
    mkdirSync(box.places.paths.runtime, { recursive: true });
    writeFileSync(box.places.treeJson, JSON.stringify({ firstStartTime: "now" }));
    const before = everyTrace(box.home);
    expect(await finalize(session, undefined)).toEqual([expect.stringContaining("nothing was carried")]);
    expect(everyTrace(box.home)).toEqual(before);
  });

  test("the profile was moved: its login stays there, and its old name stays free", async () => {
    const { box, session } = openedBox();
    using _ = box;
    changeEverything(box);
    const moved = `${box.places.paths.root}-moved`;
    renameSync(box.places.paths.root, moved);
    await finalize(session, undefined);
    expect(existsSync(box.places.paths.root)).toBe(false);
    expect(readFileSync(join(moved, "runtime", ".credentials.json"), "utf8")).toBe(loginText("A", 2));
  });

  test("a link to ~/.claude took its place: home's login and documents are not the profile's", async () => {
    const { box, session } = openedBox();
    using _ = box;
    const { paths, claude } = box.places;
    writeFileSync(claude.credentials, loginText("home"), { mode: 0o600 });
    renameSync(paths.runtime, `${paths.runtime}-moved`);
    symlinkSync(claude.root, paths.runtime);
    const before = everyTrace(claude.root, paths.base, paths.credentials);
    await livePass(session, { moment: "running", quiet: () => false });
    expect(await finalize(session, undefined)).toEqual([expect.stringContaining("nothing was carried")]);
    expect(everyTrace(claude.root, paths.base, paths.credentials)).toEqual(before);
    expect(readdirSync(paths.sessions)).toEqual([]);
  });
});

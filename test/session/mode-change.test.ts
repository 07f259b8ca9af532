import { expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { finalize } from "../../src/session/finalize.ts";
import { openSession } from "../../src/session/open.ts";
import type { LinkMode } from "../../src/tree/forced-mode.ts";
import { claudeWrites, loginText } from "../reconcile/support/logins.ts";
import { type ProfileHome, put } from "../reconcile/support/profile-home.ts";
import { createLoggedIn } from "./support/sessions.ts";
import { startInMode } from "./support/start-in-mode.ts";

/** A tree that had one link mode gets another, with all that the user and a killed shim's claude left on both sides. */
setDefaultTimeout(300_000);

const MODES = ["symlink", "junction", "copy"] as const;
const CHANGES = MODES.flatMap((from) => MODES.filter((to) => to !== from).map((to) => [from, to] as const));

/** What stands in the tree in each mode. */
const KINDS = {
  symlink: { agents: "link", "CLAUDE.md": "link", ".credentials.json": "link" },
  junction: { agents: "link", "CLAUDE.md": "file", ".credentials.json": "file" },
  copy: { agents: "directory", "CLAUDE.md": "file", ".credentials.json": "file" },
} as const;

const REFRESHED = loginText("A", 2);

const CONTENT = {
  "CLAUDE.md": "mine, later",
  "agents/old.md": "old",
  "agents/new.md": "new at home",
  "agents/deep/er/x.md": "deep",
  "keybindings.json": "{}",
  "plans/p.md": "made by claude",
  "projects/p/t.jsonl": "1\n2\n",
};

test.each(CHANGES)("from %s to %s all is there, and as if it had never been otherwise", async (from, to) => {
  using box = await livedIn(from);
  rmSync(join(box.places.claude.root, "agents", "gone.md"));
  expect(await startInMode(box.home, to)).toEqual([]);
  expect(found(box)).toEqual(expected(to));
  expect(existsSync(join(box.places.paths.runtime, "agents", "gone.md"))).toBe(false);
  expect(existsSync(join(box.places.claude.root, "agents", "gone.md"))).toBe(false);
  expect(box.conflicts()).toEqual([]);
});

test.each(CHANGES)("from %s to %s, killed anywhere, nothing is lost", async (from, to) => {
  // Junctions are made and unmade by the same steps as symlinks: a part of the kills is enough.
  const step = from === "junction" || to === "junction" ? 5 : 1;
  const names = await checkpointsOf(from, to);
  expect(names.length).toBeGreaterThan(10);
  for (const [index, name] of names.entries()) {
    if (index % step !== 0) continue;
    using box = await livedIn(from);
    if ((await startKilled(box, to, index + 1)).signal !== "SIGKILL") continue;
    // What was begun goes on, or is undone.
    const next = (index / step) % 2 === 0 ? to : from;
    const at = `${name} (${index + 1} of ${names.length}), then ${next}`;
    expect({ at, said: await startInMode(box.home, next) }).toEqual({ at, said: [] });
    expect({ at, ...found(box) }).toEqual({ at, ...expected(next) });
  }
});

test("a mode that is no longer asked for goes back to what the machine can do", async () => {
  using box = await livedIn("copy");
  rmSync(join(box.places.claude.root, "agents", "gone.md"));
  expect(await startInMode(box.home, undefined)).toEqual([]);
  expect(found(box)).toEqual(expected("symlink"));
  expect(existsSync(join(box.places.claude.root, "agents", "gone.md"))).toBe(false);
  expect(existsSync(box.places.paths.mirrorIndex)).toBe(true);
  expect(await startInMode(box.home, undefined)).toEqual([]);
  expect(existsSync(box.places.paths.mirrorIndex)).toBe(false);
});

test("a tree of copies that somebody removed is made anew", async () => {
  using box = await livedIn("copy");
  rmSync(box.places.paths.runtime, { recursive: true });
  expect(await startInMode(box.home, undefined)).toEqual([]);
  expect(kindsOf(box)).toEqual(KINDS.symlink);
});

test("under a living claude a tree keeps its mode until the next start", async () => {
  using box = await livedIn("symlink");
  const living = openSession(
    { home: box.home, cwd: "/project", env: {}, executable: process.execPath },
    requestOf(box),
  );
  await startInMode(box.home, "copy");
  expect(kindsOf(box)).toEqual(KINDS.symlink);
  await finalize(living, undefined);
  await startInMode(box.home, "copy");
  expect(kindsOf(box)).toEqual(KINDS.copy);
});

test.each(MODES)(
  "what is isolated begins without the copies or links of %s, and claude home keeps all",
  async (mode) => {
    using box = await livedIn(mode);
    await startInMode(box.home, mode);
    writeFileSync(box.places.paths.config, 'isolate = ["agents", "CLAUDE.md", "history.jsonl"]\n', {
      mode: 0o600,
    });
    expect(await startInMode(box.home, mode)).toEqual([]);
    const left = readdirSync(box.places.paths.runtime).filter((name) =>
      /^(agents|CLAUDE|history)/.test(name),
    );
    expect(left).toEqual([]);
    expect(found(box).home).toEqual(CONTENT);
  },
);

test("a directory goes from copies to a link with links in it, which stand in claude home", async () => {
  using box = await livedIn("copy");
  const { claude, paths } = box.places;
  const tree = (name: string) => join(paths.runtime, name);
  symlinkSync(tree("projects/p/t.jsonl"), tree("projects/latest"));
  symlinkSync("p/t.jsonl", tree("projects/last"));
  expect(await startInMode(box.home, "symlink")).toEqual([]);
  expect(lstatSync(tree("projects")).isSymbolicLink()).toBe(true);
  expect(readlinkSync(tree("projects/latest"))).toBe(join(claude.root, "projects/p/t.jsonl"));
  expect(readlinkSync(tree("projects/last"))).toBe("p/t.jsonl");
  expect(
    existsSync(paths.backups) ? readdirSync(paths.backups).filter((name) => name.endsWith(".link")) : [],
  ).toEqual([]);
});

test("a directory goes from copies to a link with a file in it that nobody holds in memory", async () => {
  using box = await livedIn("copy");
  const long = join(box.places.claude.root, "projects/p/long.jsonl");
  writeFileSync(long, "");
  truncateSync(long, 65 * 1024 * 1024);
  appendFileSync(long, "\n1\n");
  await startInMode(box.home, "copy");
  expect(await startInMode(box.home, "symlink")).toEqual([]);
  expect(lstatSync(join(box.places.paths.runtime, "projects")).isSymbolicLink()).toBe(true);
  expect(lstatSync(long).size).toBe(65 * 1024 * 1024 + 3);
});

function requestOf({ store, places, reconciled }: ProfileHome) {
  return { store, name: places.profile, config: reconciled.config, overlay: {} };
}

/** A home and a tree in that mode, and what happened since its last session, on both sides. */
async function livedIn(mode: LinkMode): Promise<ProfileHome> {
  const box = createLoggedIn();
  const { claude, paths } = box.places;
  const home = (name: string) => join(claude.root, name);
  const tree = (name: string) => join(paths.runtime, name);
  put(home("CLAUDE.md"), "mine");
  put(home("agents/old.md"), "old");
  put(home("agents/gone.md"), "gone");
  put(home("agents/deep/er/x.md"), "deep");
  put(home("projects/p/t.jsonl"), "1\n");
  await startInMode(box.home, mode);
  put(home("CLAUDE.md"), "mine, later");
  put(home("agents/new.md"), "new at home");
  appendFileSync(tree("projects/p/t.jsonl"), "2\n");
  put(tree("keybindings.json"), "{}");
  put(tree("plans/p.md"), "made by claude");
  claudeWrites(box.places, REFRESHED);
  return box;
}

function found(box: ProfileHome) {
  const { claude, paths, treeCredentials } = box.places;
  const contentOf = (root: string) =>
    Object.fromEntries(Object.keys(CONTENT).map((name) => [name, textOf(join(root, name))]));
  return {
    home: contentOf(claude.root),
    tree: contentOf(paths.runtime),
    login: textOf(paths.credentials),
    shown: textOf(treeCredentials),
    kinds: kindsOf(box),
  };
}

function expected(mode: LinkMode): ReturnType<typeof found> {
  return { home: CONTENT, tree: CONTENT, login: REFRESHED, shown: REFRESHED, kinds: KINDS[mode] };
}

function kindsOf({ places }: ProfileHome): Record<string, string> {
  const kind = (name: string) => {
    const stat = lstatSync(join(places.paths.runtime, name), { throwIfNoEntry: false });
    return stat?.isSymbolicLink() ? "link" : stat?.isDirectory() ? "directory" : stat ? "file" : "nothing";
  };
  return Object.fromEntries(Object.keys(KINDS.symlink).map((name) => [name, kind(name)]));
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "(nothing)";
}

async function checkpointsOf(from: LinkMode, to: LinkMode): Promise<readonly string[]> {
  using box = await livedIn(from);
  const { text } = await startKilled(box, to, 0);
  return text.trim().split("\n");
}

async function startKilled({ home }: ProfileHome, mode: LinkMode, at: number) {
  const program = join(import.meta.dir, "support", "start-in-mode.ts");
  const child = Bun.spawn([process.execPath, program, home, mode, String(at)], { stdout: "pipe" });
  const text = await new Response(child.stdout).text();
  await child.exited;
  return { signal: child.signalCode, text };
}

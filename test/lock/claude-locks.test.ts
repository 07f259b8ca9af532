import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClauthError } from "../../src/errors.ts";
import {
  type ClaudeLock,
  claudeJsonLock,
  oauthRefreshLock,
  siblingLock,
  storageWriteLock,
  withClaudeLocks,
} from "../../src/lock/claude-locks.ts";
import { acquireStoreLock, stateLock } from "../../src/lock/store-lock.ts";
import { runLockProcess, startLockProcess } from "../support/lock-process.ts";
import { waitFor } from "../support/wait-for.ts";

let home = "";
let tree: ClaudeLock;
let hub: ClaudeLock;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-claude-locks-"));
  mkdirSync(join(home, "runtime"));
  tree = claudeJsonLock("tree", join(home, "runtime", ".claude.json"));
  hub = claudeJsonLock("home", join(home, ".claude.json"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function errorOf(promise: Promise<unknown>): Promise<ClauthError | undefined> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ClauthError) return error;
    throw error;
  }
  return undefined;
}

test("a lock that another took meanwhile is left to it, and touched by no timer of ours", async () => {
  using started = spyOn(globalThis, "setTimeout");
  using stopped = spyOn(globalThis, "clearTimeout");
  await withClaudeLocks([tree], () => {
    rmdirSync(tree.path);
    mkdirSync(tree.path);
  });
  expect(existsSync(tree.path)).toBe(true);
  expect(started.mock.results.length).toBe(1);
  for (const { value } of started.mock.results) expect(stopped).toHaveBeenCalledWith(value);
});

/** A lock as a process left it that touched it last so long ago. */
function leftBehind(lock: ClaudeLock, ageSeconds: number): void {
  mkdirSync(lock.path);
  touch(lock, ageSeconds);
}

function touch(lock: ClaudeLock, ageSeconds: number): void {
  const touched = new Date(Date.now() - ageSeconds * 1000);
  utimesSync(lock.path, touched, touched);
}

describe("the lock directories are Claude Code's own", () => {
  const real = "/p/work/runtime";
  test.each([
    ["/home/u/.claude.json.lock", 10, claudeJsonLock("home", "/home/u/.claude.json")],
    ["/p/work/runtime/.storage-write.lock", 15, storageWriteLock(real)],
    ["/p/work/runtime/.oauth_refresh.lock", 60, oauthRefreshLock(real)],
    ["/p/work/runtime.lock", 60, siblingLock(real)],
  ])("%s, stale after %p s", (path, seconds, lock) => {
    expect([lock.path, lock.staleMs]).toEqual([path, seconds * 1000]);
  });
});

describe("withClaudeLocks", () => {
  test("holds every lock while the body runs, and returns what it returned", async () => {
    const result = await withClaudeLocks([hub, tree], () => [existsSync(tree.path), existsSync(hub.path)]);
    expect(result).toEqual([true, true]);
    expect([existsSync(tree.path), existsSync(hub.path)]).toEqual([false, false]);
  });

  test("gives them back when the body throws or rejects", async () => {
    const failing = () => {
      throw new Error("from the body");
    };
    await expect(withClaudeLocks([tree, hub], failing)).rejects.toThrow("from the body");
    expect([existsSync(tree.path), existsSync(hub.path)]).toEqual([false, false]);
    await expect(withClaudeLocks([tree, hub], async () => failing())).rejects.toThrow("from the body");
    expect([existsSync(tree.path), existsSync(hub.path)]).toEqual([false, false]);
  });

  test("takes Claude's credential locks in Claude's order, and those before the .claude.json ones", async () => {
    const runtime = join(home, "runtime");
    const inOrder = [oauthRefreshLock(runtime), siblingLock(runtime), storageWriteLock(runtime), tree, hub];
    const births = await withClaudeLocks(inOrder.toReversed(), () =>
      inOrder.map(({ path }) => statSync(path, { bigint: true }).birthtimeNs),
    );
    expect(births).toEqual(births.toSorted((a, b) => Number(a - b)));
  });

  test("with no lock to take just runs the body", async () => {
    expect(await withClaudeLocks([], () => "done")).toBe("done");
  });

  test("touches a lock that it holds for longer, so that nobody takes it for left behind", async () => {
    await withClaudeLocks([tree], async () => {
      const first = statSync(tree.path).mtimeMs;
      await waitFor("the lock to be touched", () => statSync(tree.path).mtimeMs > first, 5000);
    });
  });
});

describe("a lock of somebody else", () => {
  test("that is fresh stops us after the given time, and stays", async () => {
    mkdirSync(hub.path);
    const started = performance.now();
    const error = await errorOf(withClaudeLocks([tree, hub], () => "ran", { waitMs: 300 }));
    expect(error?.kind).toBe("store_busy");
    expect(error?.retrySafe).toBe(true);
    expect(performance.now() - started).toBeGreaterThanOrEqual(299);
    expect(existsSync(hub.path)).toBe(true);
    expect(existsSync(tree.path)).toBe(false);
  });

  test("never makes us hold another lock while we wait for it", async () => {
    mkdirSync(hub.path);
    const firstTry = new Promise((seen) => watch(join(home, "runtime"), seen).unref());
    const waiting = errorOf(withClaudeLocks([tree, hub], () => "ran", { waitMs: 2000 }));
    await firstTry;
    await waitFor("a moment in which Claude can take the other lock", () => madeDirectory(tree.path), 1500);
    rmdirSync(tree.path);
    rmdirSync(hub.path);
    expect(await waiting).toBeUndefined();
  });

  test.each([
    [".claude.json", 8, 12],
    [".storage-write", 13, 17],
    [".oauth_refresh", 55, 62],
  ])("%s: is left alone at %p s, and taken over at %p s", async (name, young, old) => {
    const runtime = join(home, "runtime");
    const lock = [tree, storageWriteLock(runtime), oauthRefreshLock(runtime)].find(({ path }) =>
      path.includes(name),
    );
    if (lock === undefined) throw new Error(`no lock ${name}`);
    leftBehind(lock, young);
    expect((await errorOf(withClaudeLocks([lock], () => {}, { waitMs: 0 })))?.kind).toBe("store_busy");
    rmdirSync(lock.path);
    leftBehind(lock, old);
    expect(await errorOf(withClaudeLocks([lock], () => {}, { waitMs: 0 }))).toBeUndefined();
    expect(existsSync(lock.path)).toBe(false);
  });

  test("that is touched by its live holder is never taken over, and is ours once it goes", async () => {
    const claude = await startLockProcess(["claude-holds", tree.path]);
    const short = { ...tree, staleMs: 2000 };
    expect((await errorOf(withClaudeLocks([short], () => {}, { waitMs: 2600 })))?.kind).toBe("store_busy");
    const waiting = withClaudeLocks([short], () => "ours", { waitMs: 5000 });
    await claude.end();
    expect(await waiting).toBe("ours");
  }, 20_000);

  test("whose time is hours ahead is taken over once nobody touched it for as long as its limit", async () => {
    const short = { ...tree, staleMs: 100 };
    const kindOf = async () => (await errorOf(withClaudeLocks([short], () => {}, { waitMs: 0 })))?.kind;
    leftBehind(short, -36_000);
    expect(await kindOf()).toBe("store_busy");
    await Bun.sleep(120);
    touch(short, -40_000);
    expect(await kindOf()).toBe("store_busy");
    await Bun.sleep(120);
    expect(await errorOf(withClaudeLocks([short], () => {}, { waitMs: 500 }))).toBeUndefined();
    expect(existsSync(short.path)).toBe(false);
  });

  test("that took ours over while we slept is noticed before a write, and is not removed", async () => {
    const error = await errorOf(
      withClaudeLocks([tree], (assertHeld) => {
        assertHeld();
        rmdirSync(tree.path);
        mkdirSync(tree.path);
        assertHeld();
      }),
    );
    expect(error?.kind).toBe("lock_lost");
    expect(error?.retrySafe).toBe(true);
    expect(existsSync(tree.path)).toBe(true);
  });

  test("that is a plain file says so instead of looping", async () => {
    writeFileSync(tree.path, "");
    const old = new Date(Date.now() - 60_000);
    utimesSync(tree.path, old, old);
    expect((await errorOf(withClaudeLocks([tree], () => {}, { waitMs: 200 })))?.kind).toBe("not_a_file");
  });

  test("can't be taken where the config directory is gone", async () => {
    rmdirSync(join(home, "runtime"));
    expect((await errorOf(withClaudeLocks([tree], () => {})))?.kind).toBe("concurrent_modification");
  });
});

describe("order", () => {
  test("nobody waits for Claude while our state lock is held", async () => {
    const state = acquireStoreLock(stateLock({ lock: join(home, ".lock") }), { waitMs: 0 });
    expect((await errorOf(withClaudeLocks([tree], () => {})))?.kind).toBe("lock_order");
    state.release();
    expect(await errorOf(withClaudeLocks([tree], () => {}))).toBeUndefined();
  });

  test("a lock that could not be had does not count as held", async () => {
    mkdirSync(tree.path);
    await errorOf(withClaudeLocks([tree], () => {}, { waitMs: 0 }));
    rmdirSync(tree.path);
    expect(await errorOf(withClaudeLocks([tree], () => {}))).toBeUndefined();
  });
});

describe("with other processes", () => {
  test("read, change, write by three processes loses nothing", async () => {
    const counter = join(home, "counter");
    writeFileSync(counter, "0");
    const args = ["count-under-claude-lock", counter, "15"];
    expect(await Promise.all([1, 2, 3].map(() => runLockProcess(args)))).toEqual([0, 0, 0]);
    expect(readFileSync(counter, "utf8")).toBe("45");
  }, 40_000);

  test("a signal that was ignored at the start stays harmless after the locks were loaded", async () => {
    const document = join(home, ".claude.json");
    const child = await startLockProcess(
      ["claude-locks-under-nohup", document],
      ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"],
    );
    child.signal("SIGHUP");
    expect(await child.ask()).toBe("alive");
    await child.end();
  });

  test("an exit in the middle of a hold leaves no lock behind", async () => {
    expect(await runLockProcess(["exit-under-claude-lock", join(home, ".claude.json")])).toBe(3);
    expect(existsSync(hub.path)).toBe(false);
  });
});

function madeDirectory(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch {
    return false;
  }
}

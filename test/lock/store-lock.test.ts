import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { openLockFile, tryFlock, unlockAndClose } from "../../src/lock/flock.ts";
import { acquireStoreLock, rotationLock, stateLock, withStoreLock } from "../../src/lock/store-lock.ts";
import { errorOf, failing, kindOf } from "../support/faults.ts";
import { runLockProcess, startLockProcess } from "../support/lock-process.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-store-lock-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const state = () => stateLock({ lock: join(home, "store", ".lock") });
const rotation = () =>
  rotationLock({
    rotationLock: join(home, "profiles", "work", "rotation.lock"),
    newRotationLock: join(home, "rotation-locks", "work.lock"),
  });

/** What another process would be told about this file. */
function askFor(path: string): string {
  const descriptor = openLockFile(path);
  const answer = tryFlock(descriptor, "exclusive");
  unlockAndClose(descriptor);
  return answer;
}

describe("a store lock", () => {
  test("makes the store's directory where it is missing", () => {
    withStoreLock(state(), { waitMs: 0 }, () => expect(askFor(join(home, "store", ".lock"))).toBe("busy"));
    expect(askFor(join(home, "store", ".lock"))).toBe("held");
  });

  test("is given back when the body throws", () => {
    const body = () => {
      throw new Error("from the body");
    };
    expect(() => withStoreLock(state(), { waitMs: 0 }, body)).toThrow("from the body");
    expect(kindOf(() => withStoreLock(state(), { waitMs: 0 }, () => {}))).toBe("none");
  });

  test("is given back once, however often it is released", () => {
    const held = acquireStoreLock(state(), { waitMs: 0 });
    held.release();
    const next = acquireStoreLock(state(), { waitMs: 0 });
    held.release();
    expect(askFor(join(home, "store", ".lock"))).toBe("busy");
    expect(kindOf(() => acquireStoreLock(state(), { waitMs: 0 }))).toBe("lock_order");
    next.release();
  });

  test("keeps its file, because the next holder must find the same one", () => {
    withStoreLock(state(), { waitMs: 0 }, () => {});
    expect(existsSync(join(home, "store", ".lock"))).toBe(true);
  });

  test("leaves no descriptor open where the lock can't be had", () => {
    mkdirSync(join(home, "store"));
    const other = openLockFile(join(home, "store", ".lock"));
    tryFlock(other, "exclusive");
    const opened: number[] = [];
    testOnlyWithFaults(
      (real) => ({
        open: (...args) => {
          opened.push(1);
          return real.open(...args);
        },
        close: (descriptor) => {
          opened.pop();
          real.close(descriptor);
        },
      }),
      () => expect(kindOf(() => acquireStoreLock(state(), { waitMs: 20 }))).toBe("store_busy"),
    );
    expect(opened).toEqual([]);
    unlockAndClose(other);
  });

  test("on a file that is replaced while we lock it counts for nothing, and the new file is taken (trap 7)", () => {
    const path = join(home, "store", ".lock");
    let replaced = false;
    const held = testOnlyWithFaults(
      (real) => ({
        isOpenAt: (at, descriptor) => {
          if (!replaced) {
            replaced = true;
            unlinkSync(path);
            writeFileSync(path, "");
          }
          return real.isOpenAt(at, descriptor);
        },
      }),
      () => acquireStoreLock(state(), { waitMs: 1000 }),
    );
    expect(askFor(path)).toBe("busy");
    held.release();
  });

  test("says store_failed and not busy where the disk fails", () => {
    const kind = testOnlyWithFaults(
      () => ({ open: failing("EIO") }),
      () => kindOf(() => acquireStoreLock(state(), { waitMs: 1000 })),
    );
    expect(kind).toBe("store_failed");
  });
});

describe("the rotation lock", () => {
  test("excludes older and newer Rust tools: both files are locked", () => {
    mkdirSync(join(home, "profiles", "work"), { recursive: true });
    const held = acquireStoreLock(rotation(), { waitMs: 0 });
    for (const file of rotation().files) expect(askFor(file)).toBe("busy");
    held.release();
    for (const file of rotation().files) expect(askFor(file)).toBe("held");
  });

  test("gives the first file back where the second is busy", () => {
    mkdirSync(join(home, "profiles", "work"), { recursive: true });
    mkdirSync(join(home, "rotation-locks"));
    const other = openLockFile(rotation().files[1] ?? "");
    tryFlock(other, "exclusive");
    expect(kindOf(() => acquireStoreLock(rotation(), { waitMs: 0 }))).toBe("store_busy");
    expect(askFor(rotation().files[0] ?? "")).toBe("held");
    unlockAndClose(other);
  });

  test("of a removed profile does not bring its directory back", () => {
    expect(kindOf(() => acquireStoreLock(rotation(), { waitMs: 0 }))).toBe("profile_vanished");
    expect(existsSync(join(home, "profiles"))).toBe(false);
  });
});

describe("with other processes", () => {
  test("waiting ends in a retry-safe error after the given time (trap 6)", async () => {
    const path = join(home, "store", ".lock");
    const other = await startLockProcess(["hold-state", path]);
    const started = performance.now();
    const error = errorOf(() => acquireStoreLock(state(), { waitMs: 200 }));
    const waited = performance.now() - started;
    expect(error?.kind).toBe("store_busy");
    expect(error?.retrySafe).toBe(true);
    expect(waited).toBeGreaterThanOrEqual(200);
    expect(waited).toBeLessThan(1500);
    await other.end();
  });

  test("SIGKILL frees the lock at once", async () => {
    const path = join(home, "store", ".lock");
    const other = await startLockProcess(["hold-state", path]);
    expect(askFor(path)).toBe("busy");
    await other.kill();
    expect(askFor(path)).toBe("held");
  });

  test.skipIf(process.platform === "win32")("a stopped holder keeps the lock (Ctrl-Z, sleep)", async () => {
    const path = join(home, "store", ".lock");
    const other = await startLockProcess(["hold-state", path]);
    other.signal("SIGSTOP");
    expect(kindOf(() => acquireStoreLock(state(), { waitMs: 100 }))).toBe("store_busy");
    await other.kill();
  });

  test("a profile that is renamed while we wait is not locked under its old name (trap 10)", async () => {
    mkdirSync(join(home, "profiles", "work"), { recursive: true });
    const [old = ""] = rotation().files;
    const other = await startLockProcess(["hold-state", old]);
    renameSync(join(home, "profiles", "work"), join(home, "profiles", "renamed"));
    expect(kindOf(() => acquireStoreLock(rotation(), { waitMs: 100 }))).toBe("profile_vanished");
    await other.end();
  });

  test("read, change, write by four processes loses nothing", async () => {
    const counter = join(home, "counter");
    writeFileSync(counter, "0");
    const statuses = await Promise.all([1, 2, 3, 4].map(() => runLockProcess(["count", counter, "50"])));
    expect(statuses).toEqual([0, 0, 0, 0]);
    expect(readFileSync(counter, "utf8")).toBe("200");
  }, 30_000);
});

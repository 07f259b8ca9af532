import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import {
  isStillLinked,
  openExistingLockFile,
  openLockFile,
  tryFlock,
  unlockAndClose,
} from "../../src/lock/flock.ts";
import { failing, kindOf } from "../support/faults.ts";

let home = "";
let lock = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-flock-"));
  lock = join(home, "x.lock");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("openLockFile", () => {
  test("makes a 0600 file that programs started by us don't inherit", () => {
    const umask = process.umask(0);
    const descriptor = openLockFile(lock);
    process.umask(umask);
    expect(statSync(lock).mode & 0o7777).toBe(0o600);
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    expect(Number.parseInt(flags ?? "", 8) & 0o2000000).toBe(0o2000000);
    unlockAndClose(descriptor);
  });

  test("never follows a symlink, which could name a file of somebody else", () => {
    writeFileSync(join(home, "victim"), "");
    symlinkSync("victim", lock);
    expect(kindOf(() => openLockFile(lock))).toBe("link_loop");
  });

  test("refuses a FIFO without hanging, and a directory", () => {
    execFileSync("mkfifo", [lock]);
    expect(kindOf(() => openLockFile(lock))).toBe("not_a_file");
    mkdirSync(join(home, "d"));
    expect(kindOf(() => openLockFile(join(home, "d")))).toBe("not_a_file");
  });

  test.each([
    ["EMFILE", "store_busy"],
    ["EROFS", "store_read_only"],
    ["EACCES", "store_denied"],
  ])("gives %s its meaning", (errno, kind) => {
    const answer = testOnlyWithFaults(
      () => ({ open: failing(errno) }),
      () => kindOf(() => openLockFile(lock)),
    );
    expect(answer).toBe(kind);
  });
});

test("openExistingLockFile never makes a file", () => {
  expect(openExistingLockFile(lock)).toBeUndefined();
  expect(existsSync(lock)).toBe(false);
});

describe("tryFlock", () => {
  test("excludes a second holder until the first one is gone", () => {
    const first = openLockFile(lock);
    const second = openLockFile(lock);
    expect(tryFlock(first, "exclusive")).toBe("held");
    expect(tryFlock(second, "exclusive")).toBe("busy");
    expect(tryFlock(second, "shared")).toBe("busy");
    unlockAndClose(first);
    expect(tryFlock(second, "exclusive")).toBe("held");
    unlockAndClose(second);
  });

  test("lets many share, and the last of them have it alone", () => {
    const first = openLockFile(lock);
    const second = openLockFile(lock);
    expect(tryFlock(first, "shared")).toBe("held");
    expect(tryFlock(second, "shared")).toBe("held");
    expect(tryFlock(first, "exclusive")).toBe("busy");
    unlockAndClose(second);
    expect(tryFlock(first, "exclusive")).toBe("held");
    unlockAndClose(first);
  });

  test("says unknown, and never busy or held, where the system has no clear answer", () => {
    expect(tryFlock(9999, "exclusive")).toBe("unknown");
  });
});

describe("isStillLinked", () => {
  test("sees that the file was removed, or replaced by another of that name", () => {
    const descriptor = openLockFile(lock);
    expect(isStillLinked(descriptor, lock)).toBe(true);
    unlinkSync(lock);
    expect(isStillLinked(descriptor, lock)).toBe(false);
    writeFileSync(lock, "");
    expect(isStillLinked(descriptor, lock)).toBe(false);
    unlockAndClose(descriptor);
  });

  test("takes a path that can't be looked at neither for linked nor for gone", () => {
    const descriptor = openLockFile(lock);
    const kind = testOnlyWithFaults(
      () => ({ isOpenAt: failing("EACCES") }),
      () => kindOf(() => isStillLinked(descriptor, lock)),
    );
    expect(kind).toBe("store_denied");
    unlockAndClose(descriptor);
  });
});

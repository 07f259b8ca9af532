import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { livesAlone, othersMayWriteHome } from "../../src/session/alone.ts";
import { createRecord, releaseRecord } from "../../src/session/record.ts";
import { createProfileHome, type ProfileHome, put } from "../reconcile/support/profile-home.ts";
import { failing } from "../support/faults.ts";
import { startLockProcess } from "../support/lock-process.ts";

let box: ProfileHome;
beforeEach(() => {
  box = createProfileHome();
});
afterEach(() => box[Symbol.dispose]());

/** A process id that nothing has. */
function deadPid(): number {
  return Bun.spawnSync(["true"]).pid;
}

describe("livesAlone", () => {
  test("is true where no session was ever opened", () => {
    expect(livesAlone(box.places.paths)).toBe(true);
  });

  test("does not count the caller's own record, and every other", () => {
    const own = createRecord(box.places.paths, { profile: "work", cwd: "/" });
    expect(livesAlone(box.places.paths, own.path)).toBe(true);
    const other = createRecord(box.places.paths, { profile: "work", cwd: "/" });
    expect(livesAlone(box.places.paths, own.path)).toBe(false);
    releaseRecord(other);
    expect(livesAlone(box.places.paths, own.path)).toBe(true);
    releaseRecord(own);
  });

  test("counts a session of another process until that is gone", async () => {
    mkdirSync(box.places.paths.sessions);
    const other = await startLockProcess(["hold-record", box.places.paths.sessions]);
    expect(livesAlone(box.places.paths)).toBe(false);
    await other.kill();
    expect(livesAlone(box.places.paths)).toBe(true);
  });

  test("counts a claude whose shim was killed", async () => {
    mkdirSync(box.places.paths.sessions);
    const shim = await startLockProcess(["give-record-to-child", box.places.paths.sessions]);
    await shim.kill();
    expect(livesAlone(box.places.paths)).toBe(false);
    process.kill(Number(shim.line.split(" ")[1]), "SIGKILL");
  });

  test("counts Claude Code's daemon, which holds no record", () => {
    put(join(box.places.paths.runtime, "daemon.lock"), { pid: process.pid });
    expect(livesAlone(box.places.paths)).toBe(false);
    put(join(box.places.paths.runtime, "daemon.lock"), { pid: deadPid() });
    expect(livesAlone(box.places.paths)).toBe(true);
  });

  test("is false where it can't be known (trap 8)", () => {
    mkdirSync(box.places.paths.sessions);
    const answer = testOnlyWithFaults(
      () => ({ list: failing("EACCES") }),
      () => livesAlone(box.places.paths),
    );
    expect(answer).toBe(false);
  });
});

describe("othersMayWriteHome", () => {
  function session(name: string): void {
    mkdirSync(join(box.places.claude.root, "sessions"), { recursive: true });
    writeFileSync(join(box.places.claude.root, "sessions", name), "{}");
  }

  test("is false without a sign of a claude, or with signs of ended ones alone", () => {
    expect(othersMayWriteHome(box.places)).toBe(false);
    session(`${deadPid()}.json`);
    session(`${process.pid}.${"a".repeat(64)}.key`);
    session("notes.json");
    expect(othersMayWriteHome(box.places)).toBe(false);
  });

  test("is true while one lives", () => {
    session(`${process.pid}.json`);
    expect(othersMayWriteHome(box.places)).toBe(true);
  });

  test("is true where it can't be known", () => {
    const answer = testOnlyWithFaults(
      () => ({ list: failing("EIO") }),
      () => othersMayWriteHome(box.places),
    );
    expect(answer).toBe(true);
  });
});

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { openLockFile, tryFlock, unlockAndClose } from "../../src/lock/flock.ts";
import {
  createRecord,
  type HeldRecord,
  listRecords,
  pruneDead,
  releaseRecord,
  updateRecord,
} from "../../src/session/record.ts";
import { failing, kindOf } from "../support/faults.ts";
import { startLockProcess } from "../support/lock-process.ts";
import { waitFor } from "../support/wait-for.ts";

let home = "";
let paths = { sessions: "" };
let held: HeldRecord[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-record-"));
  paths = { sessions: join(home, "sessions") };
  held = [];
});
afterEach(() => {
  testOnlyArmCheckpoints(undefined);
  for (const record of held) releaseRecord(record);
  rmSync(home, { recursive: true, force: true });
});

function create(): HeldRecord {
  const record = createRecord(paths, { profile: "work", cwd: "/tmp" });
  held.push(record);
  return record;
}

/** A record as a session elsewhere or a killed one leaves it. */
function plant(name: string, text: string): string {
  mkdirSync(paths.sessions, { recursive: true });
  writeFileSync(join(paths.sessions, name), text);
  return join(paths.sessions, name);
}

const livenesses = () => listRecords(paths).map((record) => record.liveness);

describe("createRecord", () => {
  test("makes a 0600 file named by the process, that says who runs where", () => {
    const record = create();
    expect(statSync(record.path).mode & 0o7777).toBe(0o600);
    expect(record.path).toMatch(new RegExp(`/sessions/${process.pid}-[0-9a-z]+$`));
    const fields: unknown = JSON.parse(readFileSync(record.path, "utf8"));
    expect(fields).toMatchObject({ profile: "work", pid: process.pid, claude_pid: null, cwd: "/tmp" });
    expect(fields).toHaveProperty("boot_id");
    expect(fields).toHaveProperty("pid_ns");
  });

  test("twice in one process counts two, and neither blocks on the other (trap 5)", () => {
    create();
    create();
    expect(livenesses()).toEqual(["live", "live"]);
  });

  test("starts anew where another tool removed the file before it was locked (trap 9)", () => {
    const removed: string[] = [];
    testOnlyArmCheckpoints((name) => {
      if (name !== "record-created" || removed.length > 0) return;
      for (const file of readdirSync(paths.sessions)) {
        removed.push(file);
        unlinkSync(join(paths.sessions, file));
      }
    });
    const record = create();
    expect(removed).toHaveLength(1);
    expect(existsSync(record.path)).toBe(true);
    expect(livenesses()).toEqual(["live"]);
  });

  test("gives up with a retry-safe error where its file is always removed", () => {
    testOnlyArmCheckpoints((name) => {
      if (name !== "record-created") return;
      for (const file of readdirSync(paths.sessions)) unlinkSync(join(paths.sessions, file));
    });
    expect(kindOf(() => createRecord(paths, { profile: "work", cwd: "/" }))).toBe("session_vanished");
  });

  test("on a full disk says so and leaves no record behind", () => {
    const kind = testOnlyWithFaults(
      () => ({ write: failing("ENOSPC") }),
      () => kindOf(() => createRecord(paths, { profile: "work", cwd: "/" })),
    );
    expect(kind).toBe("store_full");
    expect(readdirSync(paths.sessions)).toEqual([]);
  });
});

describe("updateRecord", () => {
  test("adds claude's process id in place, so that the lock stays on the file", () => {
    const record = create();
    const inode = statSync(record.path).ino;
    updateRecord(record, { claudePid: 4242 });
    expect(statSync(record.path).ino).toBe(inode);
    expect(listRecords(paths)[0]).toMatchObject({
      liveness: "live",
      facts: { claudePid: 4242, profile: "work" },
    });
  });

  test("leaves nothing of a longer text before it", () => {
    const record = create();
    updateRecord(updateRecord(record, { claudePid: 123456789 }), { claudePid: 1 });
    expect(listRecords(paths)[0]?.facts?.claudePid).toBe(1);
  });
});

describe("listRecords", () => {
  test("has nothing where no session ever ran", () => {
    expect(listRecords(paths)).toEqual([]);
  });

  test("throws where the directory can't be read, so that nobody takes it for empty (trap 8)", () => {
    const kind = testOnlyWithFaults(
      () => ({ list: failing("EACCES") }),
      () => kindOf(() => listRecords(paths)),
    );
    expect(kind).toBe("store_denied");
  });

  test("takes a record that can't be opened for unknown (trap 8)", () => {
    plant("77-abc", "{}");
    const answer = testOnlyWithFaults(
      () => ({ open: failing("EMFILE") }),
      () => livenesses(),
    );
    expect(answer).toEqual(["unknown"]);
  });

  test("takes anything but a regular file for unknown, and does not hang on a FIFO", () => {
    mkdirSync(join(paths.sessions, "78-abc"), { recursive: true });
    execFileSync("mkfifo", [join(paths.sessions, "79-abc")]);
    expect(livenesses()).toEqual(["unknown", "unknown"]);
  });

  test("sees the locked record of the Rust tool, which is named by the process alone and says nothing", () => {
    const lock = openLockFile(plant("4711", ""));
    tryFlock(lock, "exclusive");
    expect(listRecords(paths)).toMatchObject([{ liveness: "live", facts: undefined }]);
    unlockAndClose(lock);
    expect(livenesses()).toEqual(["dead"]);
  });

  test("passes over names that are no records", () => {
    plant(".tmp", "");
    plant("notes.txt", "");
    expect(listRecords(paths)).toEqual([]);
  });

  test("leaves a lock that it found free free again", () => {
    const path = plant("4711", "");
    listRecords(paths);
    const lock = openLockFile(path);
    expect(tryFlock(lock, "exclusive")).toBe("held");
    unlockAndClose(lock);
  });
});

describe("pruneDead", () => {
  test("removes the dead, and keeps the live and the unknown", () => {
    const live = create();
    const dead = plant("4711", "");
    const foreign = plant("4712-abc", foreignRecord());
    expect(pruneDead(paths).map((record) => record.path)).toEqual([dead]);
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(live.path)).toBe(true);
    expect(existsSync(foreign)).toBe(true);
  });

  test("removes the unknown too where the user asked for it, but never one that is locked or can't be checked", () => {
    const live = create();
    const foreign = plant("4712-abc", foreignRecord());
    mkdirSync(join(paths.sessions, "78-abc"));
    expect(pruneDead(paths, { unknown: true }).map((record) => record.path)).toEqual([foreign]);
    expect(existsSync(live.path)).toBe(true);
    expect(existsSync(join(paths.sessions, "78-abc"))).toBe(true);
  });

  test("removes a record while nobody else can lock it", () => {
    const path = plant("4711", "");
    let answer = "";
    testOnlyWithFaults(
      (real) => ({
        unlink: (at) => {
          const lock = openLockFile(path);
          answer = tryFlock(lock, "exclusive");
          unlockAndClose(lock);
          real.unlink(at);
        },
      }),
      () => pruneDead(paths),
    );
    expect(answer).toBe("busy");
  });

  function foreignRecord(): string {
    const started = new Date().toISOString();
    return JSON.stringify({
      profile: "w",
      pid: 1,
      claude_pid: null,
      cwd: "/",
      started,
      boot_id: "b",
      pid_ns: "p",
    });
  }
});

describe("releaseRecord", () => {
  test("removes the record", () => {
    releaseRecord(createRecord(paths, { profile: "work", cwd: "/" }));
    expect(readdirSync(paths.sessions)).toEqual([]);
  });

  test("does not remove another file that has taken the name", () => {
    const record = createRecord(paths, { profile: "work", cwd: "/" });
    unlinkSync(record.path);
    writeFileSync(record.path, "theirs");
    releaseRecord(record);
    expect(readFileSync(record.path, "utf8")).toBe("theirs");
  });
});

describe("with other processes", () => {
  test("a session is live until SIGKILL, and dead right after it", async () => {
    const other = await startLockProcess(["hold-record", paths.sessions]);
    expect(listRecords(paths)).toMatchObject([{ liveness: "live", facts: { pid: other.pid } }]);
    expect(pruneDead(paths)).toEqual([]);
    await other.kill();
    expect(livenesses()).toEqual(["dead"]);
  });

  test("a child that inherited the descriptor keeps the session alive after its shim was SIGKILLed", async () => {
    const shim = await startLockProcess(["give-record-to-child", paths.sessions]);
    const child = Number(shim.line.split(" ")[1]);
    await shim.kill();
    expect(livenesses()).toEqual(["live"]);
    expect(pruneDead(paths)).toEqual([]);
    process.kill(child, "SIGKILL");
    await waitFor("the record of a session without claude", () => livenesses()[0] === "dead");
  });
});

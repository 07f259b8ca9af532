import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { sweepTemporaries } from "../../src/disk/sweep.ts";
import { isTemporaryName, writeFileAtomic } from "../../src/disk/write-file.ts";
import { failing, kindOf } from "../support/faults.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-sweep-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const later = () => Date.now() + 11 * 60 * 1000;

/** Writes `file` in a process that is killed at the named checkpoint. */
function killedWriter(file: string, at: string): void {
  const source = `import { testOnlyArmCheckpoints } from ${JSON.stringify(join(import.meta.dir, "../../src/checkpoint.ts"))};
    import { writeFileAtomic } from ${JSON.stringify(join(import.meta.dir, "../../src/disk/write-file.ts"))};
    testOnlyArmCheckpoints((name) => { if (name === ${JSON.stringify(at)}) process.kill(process.pid, "SIGKILL"); });
    writeFileAtomic(${JSON.stringify(file)}, new TextEncoder().encode("new"), { sync: true });`;
  expect(Bun.spawnSync([process.execPath, "-e", source]).signalCode).toBe("SIGKILL");
}

test.each([
  ["temporary-written", "old"],
  ["published", "new"],
])("a writer killed at %s leaves %p, whole, and the next write works", (at, text) => {
  const file = join(home, "file.json");
  writeFileAtomic(file, new TextEncoder().encode("old"));
  killedWriter(file, at);
  expect(readFileSync(file, "utf8")).toBe(text);
  writeFileAtomic(file, new TextEncoder().encode("next"));
  expect(readFileSync(file, "utf8")).toBe("next");
});

test("what a killed writer left is removed once it is old, and nothing else is", () => {
  killedWriter(join(home, "file.json"), "temporary-written");
  writeFileSync(join(home, ".file.json.tmp.4711.0123456789ab"), "Claude Code's own");
  const [left] = readdirSync(home).filter(isTemporaryName);
  expect(sweepTemporaries(home)).toEqual([]);
  expect(sweepTemporaries(home, { now: later() })).toEqual([left ?? "a leftover"]);
  expect(readdirSync(home)).toEqual([".file.json.tmp.4711.0123456789ab"]);
});

test("a leftover that can't be removed stops nobody", () => {
  writeFileSync(join(home, ".a.clauth-1-x.tmp"), "");
  const removed = testOnlyWithFaults(
    () => ({ unlink: failing("EACCES") }),
    () => sweepTemporaries(home, { now: later() }),
  );
  expect(removed).toEqual([]);
});

test("a directory that can't be read is said, and a missing one is empty", () => {
  expect(sweepTemporaries(join(home, "none"))).toEqual([]);
  const kind = testOnlyWithFaults(
    () => ({ list: failing("EIO") }),
    () => kindOf(() => sweepTemporaries(home)),
  );
  expect(kind).toBe("store_failed");
});

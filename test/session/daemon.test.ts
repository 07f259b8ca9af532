import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { daemonLives } from "../../src/session/daemon.ts";

const here = { pid: process.pid, procStart: startOf(process.pid) };
const gone = { pid: 2 ** 22, procStart: "1" };
const reused = { ...here, procStart: "1" };

/** The keys of the real files as 2.1.329 writes them, with the values that count here. */
const CASES: readonly (readonly [string, { lock?: unknown; roster?: unknown }, boolean])[] = [
  ["there is neither file", {}, false],
  ["the daemon lives", { lock: { version: "2.1.329", ...here } }, true],
  ["the daemon was killed", { lock: gone }, false],
  ["another process has its number", { lock: reused }, false],
  ["an older daemon did not note its start", { lock: { pid: process.pid } }, true],
  ["the lock says nothing", { lock: {} }, true],
  ["the lock holds no process id", { lock: { pid: "12" } }, true],
  ["the lock is cut off", { lock: '{"pid": 1' }, true],
  ["the lock is empty", { lock: "" }, true],
  ["the roster is empty", { roster: { proto: 1, supervisorPid: process.pid, workers: {} } }, false],
  ["a worker lives on without its daemon", { lock: gone, roster: { workers: { a: gone, b: here } } }, true],
  ["all workers are gone", { lock: gone, roster: { workers: { a: gone, b: reused } } }, false],
  ["the roster has no workers to read", { roster: { workers: [here] } }, true],
  ["the roster is cut off", { roster: '{"workers": {' }, true],
];

for (const [what, files, lives] of CASES) {
  test(`a daemon ${lives ? "counts as living" : "does not live"} where ${what}`, () => {
    const runtime = mkdtempSync(join(tmpdir(), "clauth-test-"));
    mkdirSync(join(runtime, "daemon"));
    put(join(runtime, "daemon.lock"), files.lock);
    put(join(runtime, "daemon/roster.json"), files.roster);
    expect(daemonLives({ runtime })).toBe(lives);
    rmSync(runtime, { recursive: true });
  });
}

test("a process that ended but was not waited for has ended", async () => {
  const runtime = mkdtempSync(join(tmpdir(), "clauth-test-"));
  // The shell becomes a program that never waits for the child that it inherits.
  const parent = Bun.spawn(["sh", "-c", "sleep 0 & echo $!; exec sleep 60"], { stdout: "pipe" });
  const { value } = await parent.stdout.getReader().read();
  const pid = Number(new TextDecoder().decode(value));
  while (!readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z")) await Bun.sleep(2);
  put(join(runtime, "daemon.lock"), { pid, procStart: startOf(pid) });
  expect(daemonLives({ runtime })).toBe(false);
  parent.kill();
  rmSync(runtime, { recursive: true });
});

function put(path: string, content: unknown): void {
  if (content !== undefined)
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
}

/** As Claude Code has it: `procStart`, in text. */
function startOf(pid: number): string {
  return (
    readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ")[19] ?? ""
  );
}

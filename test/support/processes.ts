import { readdirSync, readFileSync } from "node:fs";

/** The state letter of /proc/PID/stat; undefined where there is no such process. */
export function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  } catch {
    return undefined;
  }
}

/** False for what ended and was not waited for: a container's process 1 may leave orphans like that. */
export function isAlive(pid: number | undefined): boolean {
  const state = pid === undefined ? undefined : stateOf(pid);
  return state !== undefined && state !== "Z";
}

/** The living children of a process. */
export function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1");
  return children.split(" ").filter(Boolean).map(Number).filter(isAlive);
}

/** Ends whatever still runs with this HOME: Claude Code's daemon starts anew what was killed, and outlives every test. */
export function endAllOf(home: string): void {
  for (;;) {
    const found = readdirSync("/proc").filter(
      (name) => /^\d+$/.test(name) && hasHome(name, home) && isAlive(Number(name)),
    );
    if (found.length === 0) return;
    for (const pid of found) endNow(Number(pid));
  }
}

function hasHome(pid: string, home: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`HOME=${home}`);
  } catch {
    return false;
  }
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended since it was found.
  }
}

import { readFileSync } from "node:fs";

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

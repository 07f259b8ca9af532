import { procText } from "../disk/proc.ts";

/**
 * True where a process of that number lives. Where it is known when the process started, another one that got its number
 * is told apart, and one that ended without being waited for has ended; without /proc (macOS, Windows) the number alone counts.
 * @param started field 22 of /proc/PID/stat: clock ticks since boot, as text
 */
export function processLives(pid: number, started?: string): boolean {
  const stat = statOf(pid);
  if (stat === undefined) return answersSignals(pid);
  return !ENDED.includes(stat.state.slice(0, 1)) && (started === undefined || started === stat.started);
}

const ENDED = ["Z", "X", "z", "x"];

function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  const text = procText(`/proc/${pid}/stat`);
  // The name in parentheses may itself hold spaces and parentheses; field 3, the state, follows the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[STARTED - FIRST_AFTER_NAME]];
  return state === undefined || started === undefined ? undefined : { state, started };
}

const FIRST_AFTER_NAME = 3;
const STARTED = 22;

/** EPERM: it lives and belongs to another user. */
function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

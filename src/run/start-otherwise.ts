import { explainStart } from "./explain-start.ts";
import type { Running } from "./foreground.ts";
import type { Launch } from "./launch.ts";
import { startOnWindows } from "./windows-start.ts";

/**
 * Starts what neither `become` nor `startForeground` could, which is everything on Windows and nothing elsewhere.
 * @throws ClauthError `claude_not_runnable` (126) or `claude_not_found` (127).
 */
export function startOtherwise(launch: Launch): Running {
  if (process.platform === "win32") return startOnWindows(launch);
  throw explainStart(launch.path);
}

import type { Exit } from "./exit.ts";
import { explainStart } from "./explain-start.ts";
import type { Launch } from "./launch.ts";
import { exec } from "./process-calls.ts";
import { startOnWindows } from "./windows-start.ts";

/**
 * Becomes the program: same process id, terminal, group and descriptors; nothing of us stays behind. Returns on Windows alone,
 * which can't do that: how the program ended that was started instead.
 * @throws ClauthError `claude_not_runnable` (126) or `claude_not_found` (127) where the kernel refuses.
 */
export function become(launch: Launch): Promise<Exit> {
  if (process.platform === "win32") return startOnWindows(launch).exited();
  exec(launch);
  throw explainStart(launch.path);
}

import type { Exit } from "./exit.ts";
import type { Launch } from "./launch.ts";
import { exec } from "./process-calls.ts";
import { startOtherwise } from "./start-otherwise.ts";

/**
 * Becomes the program: same process id, terminal, group and descriptors; nothing of us stays behind. Returns on Windows alone,
 * which can't do that: how the program ended that was started instead.
 * @throws ClauthError as `startOtherwise` where the kernel refuses
 */
export function become(launch: Launch): Promise<Exit> {
  if (process.platform !== "win32") exec(launch);
  return startOtherwise(launch).exited();
}

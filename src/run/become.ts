import { explainStart } from "./explain-start.ts";
import type { Launch } from "./launch.ts";
import { exec } from "./process-calls.ts";

/**
 * Becomes the program: same process id, terminal, group and descriptors; nothing of us stays behind.
 * @throws ClauthError `claude_not_runnable` (126) or `claude_not_found` (127) where the kernel refuses.
 */
export function become(launch: Launch): never {
  exec(launch);
  throw explainStart(launch.path);
}

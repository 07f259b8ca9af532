import { accessSync, constants, statSync } from "../fs.ts";

/** Whether a path can be executed. "no": there is something, but not a file that this user may execute. */
export function runnable(path: string, platform: NodeJS.Platform): "yes" | "no" | "absent" {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return "absent";
    if (!stat.isFile()) return "no";
    if (platform !== "win32") accessSync(path, constants.X_OK);
    return "yes";
  } catch {
    return "no";
  }
}

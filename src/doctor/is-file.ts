import { statSync } from "node:fs";

/** True for a regular file at the end of all links; false too for what can't be looked at. */
export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

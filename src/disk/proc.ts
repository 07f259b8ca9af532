import { readFileSync } from "../fs.ts";

/**
 * The text of a file of /proc, as Latin-1; empty where it says nothing: macOS has no such directory, a container may hide it,
 * and on Windows the path names a directory of the current drive that any user can make.
 */
export function procText(path: `/proc/${string}`): string {
  if (process.platform === "win32") return "";
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

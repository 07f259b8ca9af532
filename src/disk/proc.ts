import { isLinux } from "../fs/linux.ts";
import { latin1TextSync } from "../fs/text.ts";

/**
 * The text of a file of /proc, a character for each byte; empty where it says nothing: macOS has no such directory, a container may hide
 * it, and on Windows the path names a directory of the current drive that any user can make.
 */
export function procText(path: `/proc/${string}`): string {
  return isLinux ? latin1TextSync(path) : "";
}

import { DIRECTORY } from "../fs/glance.ts";
import { disk } from "./disk.ts";
import { domainError } from "./errno.ts";
import { isAbsence } from "./read-file.ts";

/**
 * Makes a directory and those above it where they are missing; an existing one is left as it is.
 * @throws ClauthError as `domainError`
 */
export function ensureDirectory(path: string, mode = 0o700): void {
  try {
    if (disk.glance(path)?.kind !== DIRECTORY) disk.makeDirectory(path, mode);
  } catch (cause) {
    throw domainError(cause, "make the directory", path);
  }
}

/**
 * The names in a directory, in no order. A directory that is missing has none.
 * @throws ClauthError where it can't be read, so that nobody takes "unreadable" for "empty" (trap 8)
 */
export function listDirectory(path: string): string[] {
  try {
    return disk.list(path);
  } catch (cause) {
    if (isAbsence(cause)) return [];
    throw domainError(cause, "list", path);
  }
}

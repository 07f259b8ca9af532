import { disk } from "./disk.ts";
import { domainError } from "./errno.ts";
import { isAbsence } from "./read-file.ts";

/**
 * Removes a file or a link; one that is gone already is what was wanted.
 * @throws ClauthError as `domainError`
 */
export function removeFile(path: string): void {
  try {
    disk.unlink(path);
  } catch (cause) {
    if (!isAbsence(cause)) throw domainError(cause, "remove", path);
  }
}

import { ClauthError, errnoOf } from "../errors.ts";
import { dirname, isAbsolute } from "../path.ts";
import { disk } from "./disk.ts";
import { domainError } from "./errno.ts";
import { isAbsence } from "./read-file.ts";

/**
 * Follows a chain of symlinks to the name that stands at its end, whether or not a file is there yet. By hand, because
 * realpath(3) fails on a link whose target does not exist.
 * @throws ClauthError `link_loop` after 40 links, as many as the kernel follows
 */
export function resolveLinks(path: string): string {
  let name = path;
  for (let count = 0; count <= 40; count++) {
    const target = readLink(name);
    if (target === undefined) return name;
    // Joined as text: the kernel must resolve "..", because the directory may be a link itself.
    name = isAbsolute(target) ? target : `${dirname(name)}/${target}`;
  }
  throw new ClauthError({
    kind: "link_loop",
    message: `the symbolic links of ${path} lead in a circle`,
    hint: "look at it with `ls -l` and mend the link",
    path,
  });
}

/** The text of a symlink; undefined for anything else, or for nothing. */
export function readLink(path: string): string | undefined {
  try {
    return disk.readlink(path);
  } catch (cause) {
    if (errnoOf(cause) === "EINVAL" || isAbsence(cause)) return undefined;
    throw domainError(cause, "follow", path);
  }
}

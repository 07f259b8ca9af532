import { isMissing } from "../fs/glance.ts";

export const RC_FILE = ".clauthrc";

/**
 * The nearest path upward at which something of the name of an rc file stands, or of which that can't be said.
 * @param cwd absolute, with every symlink resolved, and UTF-8: others name another directory here
 * @param top where the way ends, if it comes by there; else at the root
 */
export function findRcFile(cwd: string, top: string): string | undefined {
  for (let directory = cwd === "/" ? "" : cwd; ; directory = directory.slice(0, directory.lastIndexOf("/"))) {
    const path = `${directory}/${RC_FILE}`;
    if (!isMissing(path)) return path;
    if (directory === top || directory === "") return undefined;
  }
}

import { realpathSync } from "../fs.ts";
import { relative, sep } from "../path.ts";

/** The path with every symlink resolved; one that leads to nothing, or can't be followed, keeps its spelling. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** True for `directory` itself and anything below it. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && way !== path);
}

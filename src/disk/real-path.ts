import { realpathSync } from "node:fs";

/** The path with every symlink resolved; one that leads to nothing, or can't be followed, keeps its spelling. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

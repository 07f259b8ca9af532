import { join } from "node:path";
import { disk } from "../disk/disk.ts";
import type { Dirent } from "../fs.ts";

/** `other`: a link, a directory that can't be read, what is neither file nor directory. */
export type Found = { readonly name: string; readonly type: "file" | "other" };

/** Every file at a name and below it, and what can be neither carried nor entered, by paths relative to `directory`. */
export function foundAt(directory: string, name: string): Found[] {
  const stat = disk.lstatIfThere(join(directory, name));
  return stat === undefined ? [] : found(directory, name, stat);
}

function found(directory: string, name: string, entry: Pick<Dirent, "isFile" | "isDirectory">): Found[] {
  if (entry.isFile()) return name.endsWith(".lock") ? [] : [{ name, type: "file" }];
  const inside = entry.isDirectory() ? entriesOf(directory, name) : undefined;
  return inside === undefined
    ? [{ name, type: "other" }]
    : inside.flatMap((below) => found(directory, `${name}/${below.name}`, below));
}

/** The entries of a directory; undefined where there is none that can be read. A link to one is none. */
export function entriesOf(directory: string, name: string): readonly Dirent[] | undefined {
  const path = join(directory, name);
  try {
    return disk.lstatIfThere(path)?.isDirectory() === true ? disk.listEntries(path) : undefined;
  } catch {
    return undefined;
  }
}

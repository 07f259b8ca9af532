import { join } from "node:path";
import { readLink } from "../disk/links.ts";
import { entryKind, type Isolation, isTransient } from "./entries.ts";
import type { LinkMode } from "./forced-mode.ts";
import { SPLIT_DIRECTORY } from "./odd-entries.ts";

/** True for an entry, named relative to both roots at any depth, that the mirror keeps equal; a directory that is none is not entered. */
export type IsMirrored = (name: string, type: "file" | "directory") => boolean;

/**
 * What a tree of this mode has as copies: all that is shared, in junction mode the files at the top alone. Where the tree has a link
 * nothing is copied: it leads to what it would be a copy of, or is somebody else's. That is asked once per entry of the top.
 */
export function mirroredIn(
  tree: string,
  { mode, isolate }: { readonly mode: LinkMode; readonly isolate: Isolation },
): IsMirrored {
  const linked = new Map<string, boolean>();
  function isLinked(name: string): boolean {
    const known = linked.get(name);
    if (known !== undefined) return known;
    const found = readLink(join(tree, name)) !== undefined;
    linked.set(name, found);
    return found;
  }
  return (name, type) => {
    const [top, rest] = topOf(name);
    const kind = entryKind(top, isolate);
    if (kind === "split") return type === "directory" && !isLinked(top);
    if (kind !== "shared" || isLinked(top)) return false;
    if (top.includes("/") && isLinked(SPLIT_DIRECTORY)) return false;
    if (mode === "junction") return rest === "" && type === "file";
    // Locks of Claude Code are directories; the files of that name in ide/ tell of an editor, and are shared.
    return rest === "" || !(type === "directory" ? name.endsWith(".lock") : isInFlight(name));
  };
}

/** The entry of the tree's plan that a name is or stands in, and what of the name is left. */
function topOf(name: string): readonly [top: string, rest: string] {
  const first = name.indexOf("/");
  if (first === -1) return [name, ""];
  const end = name.slice(0, first) === SPLIT_DIRECTORY ? name.indexOf("/", first + 1) : first;
  return end === -1 ? [name, ""] : [name.slice(0, end), name.slice(end + 1)];
}

function isInFlight(name: string): boolean {
  return isTransient(name) && !/\.lock(\.owner)?$/.test(name);
}

import { NOT_UTF8 } from "../fs/linux.ts";
import { isTemporary, isTransient } from "../tree/entries.ts";
import { SPLIT_DIRECTORY } from "../tree/odd-entries.ts";
import type { Agreed } from "./mirror-index.ts";
import type { Pass } from "./pass.ts";
import type { Sides, Sight } from "./sight.ts";

/** False, and said, for a name that is not valid UTF-8: Bun decodes its bytes as U+FFFD, and no such file exists (1.4.5). */
export function isNameable(pass: Pass, name: string): boolean {
  if (!name.includes(NOT_UTF8) && name.isWellFormed()) return true;
  pass.skipped.push({ name, why: "its name is not valid UTF-8" });
  return false;
}

/** Entries that are not mirrored, and those in flight. */
export function isLeftAlone(
  pass: Pass,
  name: string,
  { home, tree }: Sides<Sight>,
  known: Agreed | undefined,
): boolean {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const asked = last === name ? name !== SPLIT_DIRECTORY : name === `${SPLIT_DIRECTORY}/${last}`;
  if (!asked) return isInFlight(name, last, { home, tree });
  if (isTransient(last)) return true;
  const type = home.type === "directory" || tree.type === "directory" ? "directory" : "file";
  if (pass.isMirrored(name, type)) return false;
  if (known !== undefined) pass.index.forget(name);
  return true;
}

/**
 * Deeper down a `.lock` may hold what others need to read (those of `ide/`, a plugin's `yarn.lock`); locks are directories, or git's.
 */
function isInFlight(name: string, last: string, { home, tree }: Sides<Sight>): boolean {
  if (isTemporary(last)) return true;
  if (!last.endsWith(".lock")) return false;
  return home.type === "directory" || tree.type === "directory" || `/${name}`.includes("/.git/");
}

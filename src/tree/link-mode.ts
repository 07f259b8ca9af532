import { disk } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { removeTemporary } from "../disk/replace-judged.ts";
import { errnoOf } from "../errors.ts";
import type { LinkMode } from "./forced-mode.ts";
import type { TreeFacts } from "./inspect.ts";
import type { Manifest } from "./manifest.ts";
import { temporaryLinkIn } from "./put-link.ts";

/** A mode, and whether CLAUTH_LINK_MODE asked for it: else the file system was asked. */
export type ModeChoice = { readonly mode: LinkMode; readonly forced: boolean };

/**
 * The mode that a tree is to have: what is asked for, else what was found out for this device, else the best that its file system can
 * do, also where the mode that it has was asked for and no longer is. One in which something lives keeps the mode that it has.
 * @throws ClauthError as `domainError`
 */
export function chooseLinkMode(
  { tree }: TreeFacts,
  known: Manifest | undefined,
  { forced, idle }: { readonly forced: LinkMode | undefined; readonly idle: boolean },
): ModeChoice {
  if (known !== undefined && !idle) return known;
  if (forced !== undefined) return { mode: forced, forced: true };
  const foundHere = known?.forced === false && (tree.identity?.dev ?? known.tree.dev) === known.tree.dev;
  return foundHere ? known : { mode: probe(tree.path), forced: false };
}

/** Asks the file system itself: its name tells neither what a mount allows nor what the user may do. */
function probe(directory: string): LinkMode {
  if (canLink(directory)) return "symlink";
  if (!canLink(directory, "junction")) return "copy";
  // Only Windows tells the two apart: elsewhere what was refused a moment ago is allowed again.
  return canLink(directory) ? "symlink" : "junction";
}

function canLink(directory: string, type?: "junction"): boolean {
  const path = temporaryLinkIn(directory);
  try {
    // To nothing: a link left by a kill must not lead a search in a circle.
    disk.symlink(`${path}.none`, path, type);
  } catch (cause) {
    if (isLinkRefusal(cause)) return false;
    throw domainError(cause, "try to link in", directory);
  }
  removeTemporary(path);
  return true;
}

/** No privilege (Windows), no such thing (FAT, exFAT, Wine): as Linux, macOS and Windows say it. A full disk says nothing about links. */
export function isLinkRefusal(cause: unknown): boolean {
  return REFUSALS.has(errnoOf(cause) ?? "");
}

const REFUSALS: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EINVAL",
  "UNKNOWN",
]);

import { test } from "bun:test";
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { forcedLinkMode, type LinkMode } from "../../src/tree/forced-mode.ts";

/** The mode in which this run tests every tree: `CLAUTH_LINK_MODE`, as a user forces it. */
export const LINK_MODE: LinkMode = forcedLinkMode(process.env) ?? "symlink";

/** What a shim is started with for the same. */
export const LINK_MODE_ENV: { readonly CLAUTH_LINK_MODE?: string } =
  LINK_MODE === "symlink" ? {} : { CLAUTH_LINK_MODE: LINK_MODE };

/** For what is true of symlinks alone. */
export const testWithSymlinks = test.skipIf(LINK_MODE !== "symlink");

/** True for a trace (`everyTrace`) of the mirror's index: what is younger than a tick of the clock is looked at once more. */
export function isOfMirror(trace: string): boolean {
  return LINK_MODE !== "symlink" && /\/base( |\/mirror\.)/.test(trace);
}

/** True where the tree shows what stands elsewhere: by a link to it, or, where the mode has none for it, by a copy that is equal. */
export function isShown(inTree: string, original: string): boolean {
  const stat = lstatSync(inTree, { throwIfNoEntry: false });
  const shown = statSync(original, { throwIfNoEntry: false });
  if (stat === undefined || shown === undefined) return false;
  const linked = LINK_MODE === "symlink" || (LINK_MODE === "junction" && shown.isDirectory());
  if (linked || stat.isSymbolicLink())
    return linked && stat.isSymbolicLink() && realpathSync(inTree) === realpathSync(original);
  if (shown.isDirectory()) return Bun.deepEquals(readdirSync(inTree).sort(), readdirSync(original).sort());
  return readFileSync(inTree).equals(readFileSync(original));
}

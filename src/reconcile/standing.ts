import { statFile } from "../disk/read-file.ts";
import type { DocumentKind } from "./document.ts";

/**
 * How many milliseconds these sides of a document still have to stand before the base may follow them; 0 where they have. Claude
 * Code reads and writes a document at times without its lock, well under SETTLE_MS apart, so that nobody will write any more
 * what was read before a change that is older than that. A time in the future (a clock that was set back) says nothing.
 */
export function untilStanding(kind: DocumentKind, sides: readonly ("home" | "tree")[]): number {
  const ages = sides.map((side) => Date.now() - Number((statFile(kind[side])?.mtimeNs ?? 0n) / 1_000_000n));
  return Math.max(0, ...ages.filter((age) => age >= 0).map((age) => SETTLE_MS - age));
}

/** Twenty times as long as a write of Claude Code was seen to take (2.1.197 and 2.1.329; 0 of 600 merges lost). */
export const SETTLE_MS = 3000;

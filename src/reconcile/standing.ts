import { type FileStat, statFile } from "../disk/read-file.ts";
import type { DocumentKind } from "./document.ts";
import { signatureFrom } from "./signature.ts";

/** Since when a process sees files as they are: by path, the version and the milliseconds of the monotonic clock. */
export type Sightings = Map<string, { readonly version: string; readonly sinceMs: number }>;

/**
 * How many milliseconds these sides of a document still have to stand before the base may follow them; 0 where they have. Claude
 * Code reads and writes a document at times without its lock, well under SETTLE_MS apart, so that nobody will write any more
 * what was read before a change that is older than that. The files say how old they are, unless a clock was set or the machine
 * slept since this process began, when nobody wrote anything: then what counts is how long this process has seen them so.
 */
export function untilStanding(
  kind: DocumentKind,
  sides: readonly ("home" | "tree")[],
  sightings: Sightings = new Map(),
): number {
  return Math.max(0, ...sides.map((side) => SETTLE_MS - stoodFor(kind[side], sightings)));
}

/** Twenty times as long as a write of Claude Code was seen to take (2.1.197 and 2.1.329; 0 of 600 merges lost). */
export const SETTLE_MS = 3000;

function stoodFor(path: string, sightings: Sightings): number {
  const stat = statFile(path);
  if (stat === undefined) return SETTLE_MS;
  const now = performance.now();
  const version = signatureFrom(stat);
  const known = sightings.get(path);
  const sinceMs = known?.version === version ? known.sinceMs : now;
  sightings.set(path, { version, sinceMs });
  return Math.max(now - sinceMs, wasSteady() ? ageOf(stat) : 0);
}

/** By the later of its times: a program can give a file an old one at the moment when it puts it there. */
function ageOf({ mtimeNs, ctimeNs }: FileStat): number {
  const changedNs = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return Date.now() - Number(changedNs / 1_000_000n);
}

/** The monotonic clock stands still while the machine sleeps, and nobody sets it. */
function wasSteady(): boolean {
  return Math.abs(Date.now() - performance.timeOrigin - performance.now()) < STEP_MS;
}

/** Far more than a time server puts a clock right by within a session. */
const STEP_MS = 1000;

import type { ProfileName } from "../profile-name.ts";
import type { Skipped } from "../tree/step.ts";
import { isLinked, type Pass, say } from "./pass.ts";

/**
 * Carries copies between the tree and home. After the last claude's end everything is looked at: no watch is trusted with what
 * would be left in the tree alone.
 * @param notes takes what the user has to hear
 * @returns after how many milliseconds to look again, undefined where nothing is left
 * @throws ClauthError
 */
export async function mirrorIfCopied(pass: Pass, notes: string[]): Promise<number | undefined> {
  const { places, memory, moment } = pass;
  if (isLinked(places)) return undefined;
  const seen = pass.changed?.();
  const before = moment === "final" ? undefined : memory.copiesLeft;
  const names = seen === undefined || before === undefined ? undefined : before.union(seen);
  if (names?.size === 0) return undefined;
  memory.copiesLeft = undefined;
  const { halted, again, left, rest, failed = [] } = await mirrorNow(pass, names);
  if (halted !== undefined) notes.push(`${halted}; ${waysOut(places.profile)}`);
  notes.push(...whatFailed(failed));
  memory.copiesLeft = again === undefined ? new Set() : left;
  return again ?? (pass.changed === undefined ? undefined : rest);
}

/** Of what `mirrorHalted` says. */
export function waysOut(profile: ProfileName): string {
  return `to have them on both sides again: clauth doctor --fix; to remove them: clauth sync ${profile} --removals`;
}

function whatFailed([first, ...more]: readonly Skipped[]): readonly string[] {
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return [`could not carry ${first.name || "copies"}${others}: ${first.why}; the next start tries again`];
}

/**
 * Mirrors what is named.
 * @param changed undefined for everything
 * @throws ClauthError
 */
export async function mirrorNow(pass: Pass, changed: ReadonlySet<string> | undefined) {
  const { places, config, moment, removals } = pass;
  const { mirrorTree } = await import("./mirror-tree.ts");
  const { isolate } = config;
  return mirrorTree(places, {
    isolate,
    idle: moment === "final",
    changed,
    removals,
    waitMs: MIRROR_WAIT_MS,
    say: (text) => say(pass, text),
  });
}

/** Another shim of the profile carries what changed within milliseconds; one that copies everything tells its own later. */
const MIRROR_WAIT_MS = 2000;

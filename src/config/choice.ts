import { ClauthError } from "../errors.ts";
import { isProfileName, type ProfileName, parseProfileName, SYSTEM, sameName } from "../profile-name.ts";

/** What can be selected: a profile, or the untouched Claude Code. */
export type Choice = ProfileName | typeof SYSTEM;

/**
 * Parses a choice as it came from outside. Exact: no trimming.
 * @param where names the place for the message: "CLAUTH_PROFILE", "/home/me/.clauthrc:1".
 * @throws ClauthError `profile_name_invalid`, or `secret_as_name` (nothing echoed).
 */
export function parseChoice(text: string, where: string, path?: string): Choice {
  const choice = choiceFrom(text);
  if (choice !== undefined) return choice;
  try {
    return parseProfileName(text);
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    throw new ClauthError({
      kind: error.kind,
      message: `${where}: ${error.message}`,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(path === undefined ? {} : { path }),
    });
  }
}

/** The choice that a text names exactly, or undefined. */
export function choiceFrom(text: string): Choice | undefined {
  if (sameName(text, SYSTEM)) return SYSTEM;
  return isProfileName(text) ? text : undefined;
}

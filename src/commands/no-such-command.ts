import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { storeOf } from "../paths.ts";
import { profileExists } from "../profile/profiles.ts";
import { nearestName, type ProfileName } from "../profile-name.ts";
import { usageError } from "./command.ts";

/**
 * The error for a word that is no command. It is not echoed, unless it begins a command of two words or is a profile's name; the
 * command that it nearly is may be named.
 * @param names of all commands that are shown
 */
export function noSuchCommand(context: Context, word: string, names: readonly string[]): ClauthError {
  const wholes = names.filter((name) => name.startsWith(`${word} `));
  if (wholes.length > 0) return usageError(`type one of: clauth ${wholes.join(", clauth ")}`);
  if (word.startsWith("-")) return usageError("options stand behind a command");
  return new ClauthError({
    kind: "usage",
    message: "there is no such command",
    hint: hintFor(context, word, names),
    exitCode: 2,
  });
}

function hintFor(context: Context, word: string, names: readonly string[]): string {
  const profile = profileNamed(context, word);
  if (profile !== undefined) return `clauth run ${profile}, or clauth local ${profile}`;
  const meant = commandMeant(word, names);
  return meant === undefined ? "clauth help" : `did you mean clauth ${meant}? clauth help shows all`;
}

/** A courtesy: a store that can't be read has none. */
function profileNamed(context: Context, word: string): ProfileName | undefined {
  try {
    return profileExists(storeOf(context), word);
  } catch {
    return undefined;
  }
}

function commandMeant(word: string, names: readonly string[]): string | undefined {
  const second = names.find((name) => name.endsWith(` ${word}`));
  if (second !== undefined) return second;
  if (Object.hasOwn(ELSEWHERE, word)) return ELSEWHERE[word];
  return nearestName(word, [...new Set(names.map((name) => name.split(" ", 1)[0] ?? ""))]);
}

/** What the same is called in other tools: guessed, never obeyed. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ls: "list",
  new: "add",
  create: "add",
  rm: "remove",
  delete: "remove",
  mv: "rename",
  use: "local",
  switch: "local",
  default: "global",
  rules: "rule list",
  whoami: "current",
  status: "which",
  why: "which",
  start: "run",
  ps: "sessions",
  check: "doctor",
  fix: "doctor --fix",
  undo: "backups",
  completion: "completions",
};

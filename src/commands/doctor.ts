import type { Context } from "../context.ts";
import { checkHome } from "../doctor/check-home.ts";
import { checkMachine } from "../doctor/check-machine.ts";
import { checkProfile } from "../doctor/check-profile.ts";
import { checkPrograms } from "../doctor/check-programs.ts";
import { checkShells } from "../doctor/check-shells.ts";
import { checkStore } from "../doctor/check-store.ts";
import type { Finding } from "../doctor/finding.ts";
import { fixProfile } from "../doctor/fix-profile.ts";
import { type Store, storeOf } from "../paths.ts";
import { listProfiles } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Paint, paintFor } from "./colour.ts";
import { type Command, command } from "./command.ts";
import { jsonText } from "./output.ts";
import { writableStore } from "./store.ts";

/** `clauth doctor`: everything that can be wrong, with its cure. Exit 1 where something is. */
export function doctor(context: Context): Command {
  return command({
    name: "doctor",
    summary: "look for what is wrong, and say the cure",
    args: { fix: { type: "boolean", description: "repair what needs no judgement" }, json: JSON_FLAG },
    run: async ({ fix, json }) => {
      const store = fix ? writableStore(context) : storeOf(context);
      const fixed: Finding[] = [];
      if (fix) for (const name of profilesOf(store)) fixed.push(...(await fixProfile(context, store, name)));
      const found = [
        ...fixed,
        ...(await checkPrograms(context, store)),
        ...(await checkShells(context, store)),
        ...(await checkStore(context, store)),
        ...(await Promise.all(profilesOf(store).map((name) => checkProfile(context, store, name)))).flat(),
        ...checkHome(context),
        ...checkMachine(context, store),
      ];
      const paint = paintFor(context);
      context.stdout.write(
        json ? jsonText(found.map(fields)) : found.map((finding) => text(finding, paint)).join(""),
      );
      return found.some(({ level }) => level === "problem") ? 1 : 0;
    },
  });
}

/** A list that can't be read is said by the check of the store. */
function profilesOf(store: Store): readonly ProfileName[] {
  try {
    return listProfiles(store);
  } catch {
    return [];
  }
}

function fields({ check, level, message, hint, path }: Finding) {
  return { check, level, message, hint: hint ?? null, path: path ?? null };
}

function text({ check, level, message, hint }: Finding, paint: Paint): string {
  const margin = " ".repeat(WIDEST - level.length);
  const line = `${paint(level, COLOURS[level])}${margin}  ${check}: ${message}\n`;
  return hint === undefined ? line : `${line}${" ".repeat(WIDEST)}  ${paint("hint:", "dim")} ${hint}\n`;
}

const WIDEST = "problem".length;

const COLOURS = { ok: "green", warning: "yellow", problem: "red" } as const;

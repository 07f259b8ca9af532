import type { Context } from "../context.ts";
import { checkEditors } from "../doctor/check-editors.ts";
import { checkHere } from "../doctor/check-here.ts";
import { checkHome } from "../doctor/check-home.ts";
import { checkMachine } from "../doctor/check-machine.ts";
import { checkProfile } from "../doctor/check-profile.ts";
import { checkPrograms } from "../doctor/check-programs.ts";
import { checkShells } from "../doctor/check-shells.ts";
import { checkStore } from "../doctor/check-store.ts";
import { checkWindows } from "../doctor/check-windows.ts";
import { type Finding, problemOf } from "../doctor/finding.ts";
import { fixProfile } from "../doctor/fix-profile.ts";
import { fixStaleLocks } from "../doctor/stale-locks.ts";
import { type Store, storeOf } from "../paths.ts";
import { findProfiles } from "../profile/profiles.ts";
import { notice, oneLine } from "../report.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { jsonText, type View, viewOf, withTildes } from "./output.ts";
import { count } from "./quantities.ts";
import { writableStore } from "./store.ts";
import { wrapped } from "./wrapped.ts";

/** `clauth doctor`: everything that can be wrong, with its cure. Exit 1 where something is. */
export function doctor(context: Context): Command {
  return command({
    name: "doctor",
    summary: "look for what is wrong, and say the cure",
    args: { fix: { type: "boolean", description: "close what killed processes left open" }, json: JSON_FLAG },
    examples: [
      ["clauth doctor", "says what is wrong, and the cure"],
      ["clauth doctor --fix", "closes what killed processes left open"],
    ],
    run: async ({ fix, json }) => {
      const store = fix ? writableStore(context) : storeOf(context);
      const steps = fix ? [...FIXES, ...CHECKS] : CHECKS;
      const found = once(await findings(context, store, steps));
      const view = viewOf(context);
      if (json) context.stdout.write(jsonText(found.map(fields)));
      else context.stdout.write(found.map((finding) => text(finding, view, context.home)).join(""));
      if (!json) notice(context, summary(found));
      return found.some(({ level }) => level === "problem") ? 1 : 0;
    },
  });
}

type Step = readonly [
  check: string,
  look: (context: Context, store: Store) => readonly Finding[] | Promise<readonly Finding[]>,
];

const FIXES: readonly Step[] = [
  ["locks", fixStaleLocks],
  ["profiles", fixProfiles],
];

const CHECKS: readonly Step[] = [
  ["PATH", checkPrograms],
  ["shells", checkShells],
  ["Windows", checkWindows],
  ["editors", checkEditors],
  ["store", checkStore],
  ["profiles", checkProfiles],
  ["~/.claude", checkHome],
  ["here", checkHere],
  ["machine", checkMachine],
];

/** One that fails is a finding by itself, and stops no other. */
async function findings(context: Context, store: Store, steps: readonly Step[]): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const [check, look] of steps) {
    try {
      found.push(...(await look(context, store)));
    } catch (error) {
      found.push(problemOf(check, error));
    }
  }
  return found;
}

async function fixProfiles(context: Context, store: Store): Promise<readonly Finding[]> {
  const fixed: Finding[] = [];
  for (const name of findProfiles(store)) fixed.push(...(await fixProfile(context, store, name)));
  return fixed;
}

async function checkProfiles(context: Context, store: Store): Promise<readonly Finding[]> {
  return (await Promise.all(findProfiles(store).map((name) => checkProfile(context, store, name)))).flat();
}

function fields({ check, level, message, hint, path }: Finding) {
  return { check, level, message, hint: hint ?? null, path: path ?? null };
}

function text({ check, level, message, hint }: Finding, view: View, home: string): string {
  const indented = (words: string) => {
    const shown = view.forPeople ? withTildes(oneLine(words), home) : oneLine(words);
    return wrapped(shown, view.width - MARGIN.length).join(`\n${MARGIN}`);
  };
  const head = `${view.paint(level, COLOURS[level])}${MARGIN.slice(level.length)}`;
  const line = `${head}${indented(`${check}: ${message}`)}\n`;
  if (hint === undefined) return line;
  return `${line}${MARGIN}${view.paint(HINT, "dim")}${indented(`${HINT} ${hint}`).slice(HINT.length)}\n`;
}

const HINT = "hint:";

const MARGIN = " ".repeat("problem  ".length);

const COLOURS = { ok: "green", warning: "yellow", problem: "red" } as const;

/** What could not be fixed is found again, and of one damaged file several checks say the same. */
function once(findings: readonly Finding[]): readonly Finding[] {
  const keys = findings.map(({ check, message, path }) => JSON.stringify([message, path ?? check]));
  return findings.filter((_, at) => keys.indexOf(keys[at] ?? "") === at);
}

function summary(findings: readonly Finding[]): string {
  const problems = findings.filter(({ level }) => level === "problem").length;
  const warnings = findings.filter(({ level }) => level === "warning").length;
  if (problems + warnings === 0) return "nothing is wrong";
  return [
    ...(problems > 0 ? [count(problems, "problem")] : []),
    ...(warnings > 0 ? [count(warnings, "warning")] : []),
  ].join(", ");
}

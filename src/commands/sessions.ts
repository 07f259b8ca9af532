import { basename } from "node:path";
import type { Context } from "../context.ts";
import type { ClauthError } from "../errors.ts";
import { profilePathsOf, type Store, storeOf } from "../paths.ts";
import { listProfiles } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { asClauthError, notice } from "../report.ts";
import { listRecords, type SessionRecord } from "../session/record.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command, throwFirst } from "./command.ts";
import { type Cell, jsonText, tableText, type View, viewOf, withTilde } from "./output.ts";
import { ago } from "./quantities.ts";

/** `clauth sessions`: every claude that runs under a profile, and what a killed one left. */
export function sessions(context: Context): Command {
  return command({
    name: "sessions",
    summary: "show what runs under which profile",
    args: { json: JSON_FLAG },
    run: ({ json }) => {
      const { found, failures } = recordsOf(storeOf(context));
      if (json) context.stdout.write(jsonText(found));
      else if (found.length > 0 || failures.length === 0) show(context, found);
      throwFirst(context, failures);
      return 0;
    },
  });
}

/** A profile that can't be looked into hides no other. */
function recordsOf(store: Store) {
  const found: Session[] = [];
  const failures: ClauthError[] = [];
  for (const name of listProfiles(store)) {
    try {
      found.push(...listRecords(profilePathsOf(store, name)).map((record) => fields(name, record)));
    } catch (error) {
      failures.push(asClauthError(error));
    }
  }
  return { found: found.sort((a, b) => (a.started ?? "").localeCompare(b.started ?? "")), failures };
}

function show(context: Context, found: readonly Session[]): void {
  const view = viewOf(context);
  const rows = found.map((session) => row(session, context.home, view));
  context.stdout.write(tableText(COLUMNS, rows, view));
  if (found.length === 0) notice(context, "nothing runs under a profile");
  if (found.some(({ live }) => !live))
    notice(context, "what a killed one left is closed by the next start, or now: clauth doctor --fix");
}

type Session = ReturnType<typeof fields>;

/** A record of the Rust tool is empty; its name begins with the process id too. What is unknown counts as live. */
function fields(profile: ProfileName, { path, liveness, facts }: SessionRecord) {
  return {
    profile,
    pid: facts?.pid ?? Number.parseInt(basename(path), 10),
    claude_pid: facts?.claudePid ?? null,
    cwd: facts?.cwd ?? null,
    started: facts?.started ?? null,
    live: liveness !== "dead",
  };
}

const COLUMNS = [
  { head: "PROFILE", whole: true },
  { head: "PID", whole: true },
  { head: "STATE" },
  { head: "STARTED" },
  { head: "DIRECTORY" },
] as const;

function row({ profile, pid, cwd, started, live }: Session, home: string, view: View): Cell[] {
  return [
    profile,
    String(pid),
    live ? "live" : { text: "ended", colour: "yellow" },
    view.forPeople ? ago(started) : (started ?? ""),
    withTilde(cwd ?? "", home),
  ];
}

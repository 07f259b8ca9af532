import type { Context } from "../context.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { type Cell, jsonText, tableText, viewOf, withTilde } from "./output.ts";
import { type Login, type ProfileFacts, profileRows } from "./profile-rows.ts";

/** `clauth list`: every profile, whose login it has, and which one applies here. */
export function list(context: Context): Command {
  return command({
    name: "list",
    summary: "show all profiles; * marks the one that applies here",
    args: { json: JSON_FLAG },
    run: async ({ json }) => {
      const { profiles } = await profileRows(context);
      context.stdout.write(json ? jsonText(profiles) : listText(context, profiles));
      return 0;
    },
  });
}

/** The profiles as a table: name, account, plan, login, what runs, and from where it is selected. */
export function listText(context: Context, profiles: readonly ProfileFacts[]): string {
  const rows = profiles.map((facts) => row(facts, context.home));
  return tableText(rows, viewOf(context));
}

function row(facts: ProfileFacts, home: string): Cell[] {
  const { name, selected, email, plan, login, sessions } = facts;
  const running = sessions === null ? "sessions unknown" : sessions === 0 ? "" : `${sessions} running`;
  return [
    selected ? { text: "*", colour: "green" } : " ",
    selected ? { text: name, colour: "bold" } : name,
    email ?? { text: "-", colour: "dim" },
    plan ?? "",
    loginCell(login, facts),
    running,
    { text: selectedFrom(facts, home), colour: "dim" },
  ];
}

function loginCell(login: Login, facts: ProfileFacts): Cell {
  const ends = facts.expires_at === null ? undefined : Date.parse(facts.expires_at) - Date.now();
  switch (login) {
    case "home":
      return "that of ~/.claude";
    case "api-key":
      return "API key";
    case "none":
      return { text: "logged out", colour: "yellow" };
    case "invalid":
      return { text: "damaged: clauth doctor", colour: "red" };
    case "login":
      if (ends === undefined) return "logged in";
      if (facts.renews) return ends > 0 ? `renews in ${span(ends)}` : "renews on use";
      return ends > 0 ? `ends in ${span(ends)}` : { text: "expired", colour: "yellow" };
  }
}

/** A length of time in its largest unit: "8 h". */
function span(milliseconds: number): string {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** What picked it here, else what picks it elsewhere. */
function selectedFrom({ source, rules, ...facts }: ProfileFacts, home: string): string {
  if (source === null) return [...(facts.default ? ["default"] : []), ...rules].join(", ");
  const line = source.line === null ? "" : `:${source.line}`;
  switch (source.kind) {
    case "rc":
      return `by ${withTilde(source.path ?? "", home)}${line}`;
    case "rule":
      return `by clauth.toml${line}`;
    case "default":
      return "by default";
    case "env":
      return "by CLAUTH_PROFILE";
    case "inherited":
      return "by the claude that started this";
    default:
      return `by ${source.kind}`;
  }
}

import type { Context } from "../context.ts";
import { notice } from "../report.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { type Cell, jsonText, tableText, viewOf, withTilde } from "./output.ts";
import { type Login, type ProfileFacts, profileRows } from "./profile-rows.ts";
import { span } from "./quantities.ts";

/** `clauth list`: every profile, whose login it has, and which one applies here. */
export function list(context: Context): Command {
  return command({
    name: "list",
    summary: "show all profiles; * marks the one that applies here",
    args: { json: JSON_FLAG },
    run: async ({ json }) => {
      const { profiles } = await profileRows(context);
      if (json) context.stdout.write(jsonText(profiles));
      else showList(context, profiles);
      return 0;
    },
  });
}

/** Prints the profiles as a table, and what to type where one of them, or the lack of any, asks for it. */
export function showList(context: Context, profiles: readonly ProfileFacts[]): void {
  const rows = profiles.map((facts) => row(facts, context.home));
  context.stdout.write(tableText(COLUMNS, rows, viewOf(context)));
  if (profiles.length === 0) notice(context, "no profile yet: clauth add NAME");
  const here = profiles.find(({ selected }) => selected);
  if (here?.login === "none") notice(context, `to log "${here.name}" in: clauth login ${here.name}`);
  if (profiles.some(({ login }) => login === "invalid"))
    notice(context, "to see what is damaged: clauth doctor");
}

const COLUMNS = [
  { head: "" },
  { head: "PROFILE", whole: true },
  { head: "ACCOUNT" },
  { head: "PLAN", whole: true },
  { head: "LOGIN", whole: true },
  { head: "SESSIONS", whole: true },
  { head: "SELECTED" },
] as const;

function row(facts: ProfileFacts, home: string): Cell[] {
  const { name, selected, email, plan, login, sessions } = facts;
  const running = sessions === null ? "unknown" : sessions === 0 ? "" : `${sessions} running`;
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
      return facts.logged_in ? "~/.claude" : { text: "~/.claude, logged out", colour: "yellow" };
    case "api-key":
      return "API key";
    case "none":
      return { text: "logged out", colour: "yellow" };
    case "invalid":
      return { text: "damaged", colour: "red" };
    case "login":
      if (ends === undefined) return "logged in";
      if (facts.renews) return ends > 0 ? `renews in ${span(ends)}` : "renews on use";
      return ends > 0 ? `ends in ${span(ends)}` : { text: "expired", colour: "yellow" };
  }
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

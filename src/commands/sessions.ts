import { basename } from "node:path";
import type { Context } from "../context.ts";
import { profilePathsOf, storeOf } from "../paths.ts";
import { listProfiles } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { listRecords, type SessionRecord } from "../session/record.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { jsonText, tableText } from "./output.ts";

/** `clauth sessions`: every claude that runs under a profile, and what a killed one left. */
export function sessions(context: Context): Command {
  return command({
    name: "sessions",
    summary: "show what runs under which profile",
    args: { json: JSON_FLAG },
    run: ({ json }) => {
      const store = storeOf(context);
      const found = listProfiles(store)
        .flatMap((name) => listRecords(profilePathsOf(store, name)).map((record) => fields(name, record)))
        .sort((a, b) => (a.started ?? "").localeCompare(b.started ?? ""));
      context.stdout.write(json ? jsonText(found) : tableText(found.map(row)));
      return 0;
    },
  });
}

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

function row({ profile, pid, cwd, started, live }: ReturnType<typeof fields>): string[] {
  return [profile, `pid ${pid}`, live ? "live" : "ended", started ?? "", cwd ?? ""];
}

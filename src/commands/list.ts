import type { Context } from "../context.ts";
import { storeOf } from "../paths.ts";
import { listProfiles } from "../profile/profiles.ts";
import { type Command, command } from "./command.ts";

export function list(context: Context): Command {
  return command({
    name: "list",
    summary: "show all profiles",
    args: { json: { type: "boolean", description: "as JSON" } },
    run: ({ json }) => {
      const names = listProfiles(storeOf(context));
      context.stdout.write(json ? `${JSON.stringify(names)}\n` : names.map((name) => `${name}\n`).join(""));
      return 0;
    },
  });
}

import type { Context } from "../context.ts";
import { storeOf } from "../paths.ts";
import { listProfiles } from "../profile/profiles.ts";
import { type Command, command } from "./command.ts";

/** The hidden `clauth __profiles`, for the completion scripts: one name per line. */
export function profileNames(context: Context): Command {
  return command({
    name: "__profiles",
    summary: "print the names of all profiles",
    args: {},
    run: () => {
      context.stdout.write(
        listProfiles(storeOf(context))
          .map((name) => `${name}\n`)
          .join(""),
      );
      return 0;
    },
  });
}

import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { storeOf } from "../paths.ts";
import { SYSTEM } from "../profile-name.ts";
import { resolveSelection } from "../selection/resolve.ts";
import { type Command, command } from "./command.ts";

/** `clauth current`: the name alone, for prompts. Nothing, and exit 1, where no profile applies. */
export function current(context: Context): Command {
  const parsed = command({
    name: "current",
    summary: "print the profile that applies here, for prompts",
    args: {},
    run: () => printName(context),
  });
  // A prompt asks before every line, and the parser of arguments would cost more than the answer.
  return { ...parsed, run: async (args) => (args.length === 0 ? printName(context) : parsed.run(args)) };
}

async function printName(context: Context): Promise<number> {
  const store = storeOf(context);
  // That a file picks for the first time is for the call of claude to say; to look for a terminal would cost 2.5 ms.
  const stderr = { write: context.stderr.write, isTerminal: false };
  const { selection } = resolveSelection({ ...context, stderr }, store, await readConfig(store));
  if (selection.kind === "none") return 1;
  context.stdout.write(`${selection.kind === "profile" ? selection.name : SYSTEM}\n`);
  return 0;
}

import { parseChoice } from "../config/choice.ts";
import type { Context } from "../context.ts";
import { exitAs } from "../run/exit.ts";
import { runClaude } from "../shim.ts";
import { CHOICE } from "./arguments.ts";
import { type Command, command } from "./command.ts";

/** `clauth run`: one call of claude under a profile that is named; its arguments stand after `--`, exact to the byte. */
export function run(context: Context): Command {
  return command({
    name: "run",
    summary: "run claude under a profile",
    args: { name: CHOICE },
    rest: "ARGUMENTS FOR CLAUDE",
    examples: [
      ["clauth run work -- --resume", "one call of claude, with its arguments"],
      ["clauth run system", "the untouched claude, whatever applies here"],
    ],
    run: async ({ name }, rest) => {
      const explicit = parseChoice(name, "clauth run");
      return exitAs(await runClaude(context, { explicit, skip: context.args.length - rest.length }));
    },
  });
}

import { parseChoice } from "../config/choice.ts";
import type { Context } from "../context.ts";
import { exitAs } from "../run/exit.ts";
import { runClaude } from "../shim.ts";
import { CHOICE } from "./arguments.ts";
import { type Command, command, usageError } from "./command.ts";
import { findProgram } from "./find-program.ts";

/**
 * `clauth exec`: any program in the place of claude, in a session of the profile: for editors and scripts that start the
 * real claude themselves, and for every claude that they start through the shim.
 */
export function exec(context: Context): Command {
  return command({
    name: "exec",
    summary: "run another program under a profile",
    args: { name: CHOICE },
    rest: "COMMAND",
    examples: [["clauth exec work -- bash", "a shell in which every claude is of this profile"]],
    run: async ({ name }, [word, ...rest]) => {
      if (word === undefined) throw usageError("there is no command after --", "exec");
      const explicit = parseChoice(name, "clauth exec");
      const program = { ...findProgram(word, context), argv0: word };
      return exitAs(await runClaude(context, { explicit, program, skip: context.args.length - rest.length }));
    },
  });
}

import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { parseChoice } from "../config/choice.ts";
import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { exitAs } from "../run/exit.ts";
import { runClaude } from "../shim.ts";
import { CHOICE } from "./arguments.ts";
import { type Command, command, usageError } from "./command.ts";

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
      const program = { path: findProgram(word, context), argv0: word };
      return exitAs(await runClaude(context, { explicit, program, skip: context.args.length - rest.length }));
    },
  });
}

/** As execvp(3) looks, but for relative entries of PATH: nothing of the working directory runs unless it is named. */
function findProgram(word: string, { cwd, env }: Pick<Context, "cwd" | "env">): string {
  const directories = (env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  const paths = word.includes("/")
    ? [resolve(cwd, word)]
    : directories.map((directory) => join(directory, word));
  const files = paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  const found = files.find(isExecutable);
  if (found !== undefined) return found;
  const [refused] = files;
  throw new ClauthError({
    kind: refused === undefined ? "command_not_found" : "command_not_runnable",
    message: refused === undefined ? "there is no such program on PATH" : `${refused} is not executable`,
    hint:
      refused === undefined ? "name it by its path: clauth exec NAME -- /DIR/PROGRAM" : `chmod +x ${refused}`,
    ...(refused === undefined ? {} : { path: refused }),
    exitCode: refused === undefined ? 127 : 126,
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

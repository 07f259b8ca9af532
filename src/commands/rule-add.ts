import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseChoice } from "../config/choice.ts";
import { editConfig } from "../config/edit-config.ts";
import { addRule } from "../config/edit-toml.ts";
import type { Context } from "../context.ts";
import { SYSTEM } from "../profile-name.ts";
import { notice } from "../report.ts";
import { shellWord } from "../shell-line.ts";
import { CHOICE } from "./arguments.ts";
import { type Command, command, usageError } from "./command.ts";
import { withoutTilde } from "./output.ts";
import { parsePattern } from "./rule-pattern.ts";
import { knownProfile, writableStore } from "./store.ts";

/** `clauth rule add`: a directory or a git remote picks a profile. A rule of the same pattern is changed in its place. */
export function ruleAdd(context: Context): Command {
  return command({
    name: "rule add",
    summary: "let a directory or a git remote pick a profile",
    args: {
      pattern: {
        type: "positional",
        required: true,
        description: "~/work, or github.com/acme/* (in quotes)",
      },
      name: CHOICE,
    },
    examples: [
      ["clauth rule add ~/work work", "a directory and all below it"],
      ["clauth rule add 'github.com/acme/*' work", "every clone of their repositories"],
    ],
    run: async ({ pattern, name }) => {
      const store = writableStore(context);
      // No name has a slash, and a path is easily typed in its place.
      if (/[\\/~]/.test(name)) throw usageError("the pattern stands before the name", "rule add");
      const choice = parseChoice(name, "clauth rule add");
      const profile = choice === SYSTEM ? choice : knownProfile(store, choice);
      const rule = { ...parsePattern(pattern, context), profile };
      await editConfig(store, (text) => addRule(text, rule));
      if (rule.kind === "directory" && !existsSync(withoutTilde(rule.pattern, context.home)))
        notice(context, `there is no ${rule.pattern} yet: the rule counts as soon as there is`);
      if (rule.kind === "remote" && existsSync(resolve(context.cwd, pattern)))
        notice(
          context,
          `that is a git remote; for the directory: clauth rule add ${shellWord(`./${pattern}`)} ${profile}`,
        );
      notice(context, `${rule.kind} ${rule.pattern} picks "${profile}" (${store.config})`);
      return 0;
    },
  });
}

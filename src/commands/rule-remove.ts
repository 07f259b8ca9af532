import { editConfig } from "../config/edit-config.ts";
import { removeRule } from "../config/edit-toml.ts";
import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { notice } from "../report.ts";
import { type Command, command } from "./command.ts";
import { parsePattern } from "./rule-pattern.ts";
import { writableStore } from "./store.ts";

/** `clauth rule remove`: the pattern as it stands in clauth.toml, or as it would be typed for `rule add`. */
export function ruleRemove(context: Context): Command {
  return command({
    name: "rule remove",
    summary: "remove a rule",
    args: { pattern: { type: "positional", required: true, description: "as `clauth rule list` shows it" } },
    examples: [["clauth rule remove ~/work", "as it was typed for rule add"]],
    run: async ({ pattern }) => {
      const store = writableStore(context);
      await editConfig(store, (text) => {
        const edited = removeRule(text, pattern) ?? removeRule(text, parsePattern(pattern, context).pattern);
        if (edited === undefined) throw noSuchRule(store.config);
        return edited;
      });
      notice(context, `removed the rule from ${store.config}`);
      return 0;
    },
  });
}

function noSuchRule(path: string): ClauthError {
  return new ClauthError({
    kind: "no_such_rule",
    message: `${path} has no rule of that pattern`,
    hint: "clauth rule list",
    path,
  });
}

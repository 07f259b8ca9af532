import { type Rule, readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { storeOf } from "../paths.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { jsonText, tableText } from "./output.ts";

/** `clauth rule list` */
export function ruleList(context: Context): Command {
  return command({
    name: "rule list",
    summary: "show the rules of clauth.toml",
    args: { json: JSON_FLAG },
    run: async ({ json }) => {
      const store = storeOf(context);
      const { rules } = await readConfig(store);
      context.stdout.write(
        json ? jsonText(rules.map(fields)) : tableText(rules.map((rule) => row(rule, store.config))),
      );
      return 0;
    },
  });
}

function fields({ kind, pattern, profile, line }: Rule) {
  return { kind, pattern, profile, line: line ?? null };
}

function row({ kind, pattern, profile, line }: Rule, path: string): string[] {
  return [kind, pattern, profile, line === undefined ? path : `${path}:${line}`];
}

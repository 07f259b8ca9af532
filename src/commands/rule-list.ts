import { readConfig } from "../config/config.ts";
import { type RuleWithLine, rulesWithLines } from "../config/config-lines.ts";
import type { Context } from "../context.ts";
import { storeOf } from "../paths.ts";
import { notice } from "../report.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { type Cell, jsonText, tableText, viewOf, withTilde } from "./output.ts";

/** `clauth rule list` */
export function ruleList(context: Context): Command {
  return command({
    name: "rule list",
    summary: "show the rules of clauth.toml",
    args: { json: JSON_FLAG },
    run: async ({ json }) => {
      const store = storeOf(context);
      const rules = rulesWithLines(await readConfig(store));
      const rows = () => rules.map((rule) => row(rule, withTilde(store.config, context.home)));
      context.stdout.write(json ? jsonText(rules.map(fields)) : tableText(COLUMNS, rows(), viewOf(context)));
      if (!json && rules.length === 0)
        notice(
          context,
          "no rules yet: clauth rule add ~/work NAME, or clauth rule add 'github.com/acme/*' NAME",
        );
      return 0;
    },
  });
}

function fields({ kind, pattern, profile, line }: RuleWithLine) {
  return { kind, pattern, profile, line: line ?? null };
}

const COLUMNS = [
  { head: "PATTERN", whole: true },
  { head: "PROFILE", whole: true },
  { head: "MATCHES" },
  { head: "LINE" },
] as const;

function row({ kind, pattern, profile, line }: RuleWithLine, path: string): Cell[] {
  const matches = kind === "remote" ? "a git remote" : "a directory";
  return [pattern, profile, matches, { text: line === undefined ? path : `${path}:${line}`, colour: "dim" }];
}

import type { Config, Rule } from "./config.ts";
import { type Statement, statementsOf, topLevel } from "./toml-statements.ts";

/** Where `clauth.toml` names what is picked where nothing else does; 1-based. */
export function lineOfDefault({ text }: Pick<Config, "text">): number | undefined {
  return topLevelLine(statementsOf(text), "default");
}

/** A rule, and where it begins in `clauth.toml`; 1-based. Undefined only in a text that nobody wrote by lines. */
export type RuleWithLine = Rule & { readonly line: number | undefined };

export function rulesWithLines({ rules, text }: Pick<Config, "rules" | "text">): readonly RuleWithLine[] {
  const statements = statementsOf(text);
  const lines = ruleLines(statements);
  return rules.map((rule, index) => ({ ...rule, line: lines[index] ?? topLevelLine(statements, "rule") }));
}

export function lineOfRule(config: Pick<Config, "rules" | "text">, rule: Rule): number | undefined {
  return rulesWithLines(config)[config.rules.indexOf(rule)]?.line;
}

/** The line on which a top-level key stands. */
export function topLevelLine(statements: readonly Statement[], key: string): number | undefined {
  for (const { name, line } of topLevel(statements)) if (name === key) return line;
  return undefined;
}

/** The lines on which rules start, in order; none where they are written in one inline array. */
export function ruleLines(statements: readonly Statement[]): readonly number[] {
  const lines: number[] = [];
  for (const { name, line } of statements) if (name === "[[rule]]") lines.push(line);
  return lines;
}

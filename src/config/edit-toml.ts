import { ClauthError } from "../errors.ts";
import { parseConfig, type Rule } from "./config.ts";
import { isTable, parseToml, type Table } from "./toml.ts";
import { type Statement, statementsOf, topLevel } from "./toml-statements.ts";

/**
 * Edits of `clauth.toml` as text, so that the user's comments, order and spacing stay. Each edit is parsed again and
 * compared with what it was meant to be; where that differs, nothing is changed.
 */

/**
 * Sets a top-level key, or removes it for undefined.
 * @throws ClauthError `config_edit_refused` where the text is written in a way that we can't edit.
 */
export function setTopLevel(text: string, key: string, value: string | boolean | undefined): string {
  const present = topLevel(statementsOf(text)).find((statement) => statement.name === key);
  const edited = editTopLevel(text, present, key, value);
  return verified(text, edited, (table) => {
    const { [key]: _, ...others } = table;
    return value === undefined ? others : { ...others, [key]: value };
  });
}

/** Adds a rule at the end; a rule of the same pattern gets the new profile in its place. */
export function addRule(text: string, rule: Rule): string {
  const index = rulesIn(text).findIndex(
    (known) => known.kind === rule.kind && known.pattern === rule.pattern,
  );
  const edited = index === -1 ? text + ruleText(text, rule) : replaceProfile(text, index, rule.profile);
  return verified(text, edited, (table) => {
    const rules = Array.isArray(table["rule"]) ? [...table["rule"]] : [];
    const entry = { [keyOf(rule)]: rule.pattern, profile: rule.profile };
    if (index === -1) rules.push(entry);
    else rules[index] = entry;
    return { ...table, rule: rules };
  });
}

/** Removes the rule of that pattern; undefined where there is none. Comments around it stay. */
export function removeRule(text: string, pattern: string): string | undefined {
  const index = rulesIn(text).findIndex((rule) => rule.pattern === pattern);
  if (index === -1) return undefined;
  const block = ruleBlock(text, index);
  const edited = block.reduceRight((rest, piece) => rest.slice(0, piece.start) + rest.slice(piece.end), text);
  return verified(text, edited.replace(/(\r?\n){3,}$/, "$1"), (table) => {
    const { rule, ...others } = table;
    const rules = Array.isArray(rule) ? rule.filter((_, at) => at !== index) : [];
    return rules.length === 0 ? others : { ...others, rule: rules };
  });
}

function editTopLevel(
  text: string,
  present: Statement | undefined,
  key: string,
  value: string | boolean | undefined,
): string {
  if (value === undefined) {
    return present === undefined ? text : text.slice(0, present.start) + text.slice(present.end);
  }
  // A JSON string is a TOML basic string, except that TOML wants DEL escaped too.
  const encoded = JSON.stringify(value).replaceAll("\x7F", "\\u007f");
  if (present !== undefined) {
    return text.slice(0, present.valueStart) + encoded + text.slice(present.valueEnd);
  }
  const at = insertionPoint(text);
  const before = text.slice(0, at);
  const gap = before === "" || before === "\uFEFF" || before.endsWith("\n") ? "" : newlineOf(text);
  return `${before}${gap}${key} = ${encoded}${newlineOf(text)}${text.slice(at)}`;
}

/** After the last top-level pair; else before the first header, at the top. */
function insertionPoint(text: string): number {
  const statements = statementsOf(text);
  const last = topLevel(statements).at(-1);
  if (last !== undefined) return last.end;
  return statements[0]?.start ?? text.length;
}

function ruleText(text: string, rule: Rule): string {
  const newline = newlineOf(text);
  const isEmpty = text === "" || text === "\uFEFF";
  const gap = isEmpty ? "" : text.endsWith("\n") ? newline : newline + newline;
  const lines = ["[[rule]]", pairText(keyOf(rule), rule.pattern), pairText("profile", rule.profile), ""];
  return gap + lines.join(newline);
}

function pairText(key: string, value: string): string {
  return `${key.padEnd("profile".length)} = ${JSON.stringify(value).replaceAll("\x7F", "\\u007f")}`;
}

function keyOf(rule: Rule): "dir" | "remote" {
  return rule.kind === "directory" ? "dir" : "remote";
}

function replaceProfile(text: string, index: number, profile: string): string {
  const pair = ruleBlock(text, index).find((statement) => statement.name === "profile");
  if (pair === undefined) return text;
  return text.slice(0, pair.valueStart) + JSON.stringify(profile) + text.slice(pair.valueEnd);
}

/** The header of the rule of that index and its pairs; empty where the rules are written in one inline array. */
function ruleBlock(text: string, index: number): readonly Statement[] {
  const statements = statementsOf(text);
  const header = statements.filter((statement) => statement.name === "[[rule]]")[index];
  if (header === undefined) return [];
  const from = statements.indexOf(header);
  const next = statements.findIndex((statement, at) => at > from && statement.kind === "header");
  return statements.slice(from, next === -1 ? undefined : next);
}

function rulesIn(text: string): readonly Rule[] {
  const config = parseConfig(text);
  if (config === undefined) throw editRefused("it is not valid now");
  return config.rules;
}

function newlineOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function verified(before: string, after: string, change: (table: Table) => Table): string {
  const old = parseToml(before);
  if (!isTable(old)) throw editRefused("it is not valid now");
  if (parseConfig(after) !== undefined && Bun.deepEquals(parseToml(after), change(old))) return after;
  throw editRefused("it is written in a way that can't be edited without touching the rest");
}

function editRefused(why: string): ClauthError {
  return new ClauthError({
    kind: "config_edit_refused",
    message: `clauth.toml was not changed: ${why}`,
    hint: "edit clauth.toml by hand",
  });
}

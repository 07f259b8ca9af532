import { isTable, parseToml } from "../config/toml.ts";
import { statementsOf, topLevel } from "../config/toml-statements.ts";
import { ClauthError } from "../errors.ts";
import { isProfileName, type ProfileName, sameName } from "../profile-name.ts";

/**
 * `profiles.toml`, the Rust tool's list, as text: `profiles = ["a", "b"]` beside keys of its own. Each edit touches
 * that one array, keeps everything else to the byte, and is parsed again before it counts.
 */

/**
 * The names in their order; a missing list is empty, and names that we can't use are left out.
 * @throws ClauthError `profile_list_invalid` where the text is not TOML or `profiles` is no array of names
 */
export function namesIn(text: string, path: string): ProfileName[] {
  return entriesIn(text, path).filter(isProfileName);
}

/** The list with `name` at its end; the same text where it is there already, in whatever case. */
export function withName(text: string, name: ProfileName, path: string): string {
  const entries = entriesIn(text, path);
  if (entries.some((entry) => sameName(entry, name))) return text;
  return verified(text, append(text, name), [...entries, name], path);
}

/** The list without `name`; the same text where it was not there. */
export function withoutName(text: string, name: ProfileName, path: string): string {
  const entries = entriesIn(text, path);
  const index = entries.findIndex((entry) => sameName(entry, name));
  if (index === -1) return text;
  const edited = verified(text, cut(text, index), entries.toSpliced(index, 1), path);
  return withoutName(edited, name, path);
}

/** The list with `to` in the place of `from`; the same text where `from` was not there. */
export function withNameChanged(text: string, from: ProfileName, to: ProfileName, path: string): string {
  const entries = entriesIn(text, path);
  const index = entries.findIndex((entry) => sameName(entry, from));
  return index === -1 ? text : verified(text, replace(text, index, to), entries.with(index, to), path);
}

function entriesIn(text: string, path: string): string[] {
  const table = parseToml(text);
  const list = isTable(table) ? table["profiles"] : null;
  if (list === undefined) return [];
  if (Array.isArray(list) && list.every((entry) => typeof entry === "string")) return list;
  throw new ClauthError({
    kind: "profile_list_invalid",
    message: `${path} ${table === undefined ? "is not valid TOML" : "has no list of names under profiles"}`,
    hint: `edit ${path}: it needs a line like profiles = ["work", "private"]`,
    path,
  });
}

function append(text: string, name: string): string {
  const array = arrayIn(text);
  if (array === undefined) return withFirstLine(text, `profiles = [${JSON.stringify(name)}]`);
  const last = array.tokens.at(-1);
  if (last === undefined) return splice(text, array.start + 1, array.start + 1, JSON.stringify(name));
  const [all, comma = "", comment = ""] = /^(\s*,)?([ \t]*#[^\n\r]*)?/.exec(
    text.slice(last.end, array.end),
  ) ?? [""];
  const gap = last.indent ?? (comment === "" ? " " : "\n");
  return splice(
    text,
    last.end,
    last.end + all.length,
    `,${comment}${gap}${JSON.stringify(name)}${comma && ","}`,
  );
}

function replace(text: string, index: number, name: string): string {
  const token = arrayIn(text)?.tokens[index];
  return token === undefined ? text : splice(text, token.start, token.end, JSON.stringify(name));
}

/** Cuts an entry with its comma; one that has a line of its own goes with the line and the comment on it. */
function cut(text: string, index: number): string {
  const tokens = arrayIn(text)?.tokens ?? [];
  const [before, token, after] = [tokens[index - 1], tokens[index], tokens[index + 1]];
  if (token === undefined) return text;
  const rest = text.slice(token.end);
  if (token.indent !== undefined) {
    const line = /^[ \t]*,?[ \t]*(#[^\n]*)?(?=\r?\n)/.exec(rest)?.[0] ?? "";
    return splice(text, token.start - token.indent.length, token.end + line.length, "");
  }
  if (after !== undefined) return splice(text, token.start, after.start, "");
  if (before !== undefined) return splice(text, before.end, token.end, "");
  return splice(text, token.start, token.end + (/^\s*,/.exec(rest)?.[0].length ?? 0), "");
}

type Token = {
  readonly start: number;
  readonly end: number;
  /** The line end and blanks before it, where it is the first of its line. */
  readonly indent: string | undefined;
};

/** Where the array and its strings stand in the text; commas and comments lie between them. */
function arrayIn(text: string) {
  const pair = topLevel(statementsOf(text)).find(({ name }) => name === "profiles");
  if (pair === undefined) return undefined;
  const array = text.slice(pair.valueStart, pair.valueEnd);
  const tokens: Token[] = [];
  for (const { 0: token, index } of array.matchAll(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*/g)) {
    if (token.startsWith("#")) continue;
    const start = pair.valueStart + index;
    tokens.push({ start, end: start + token.length, indent: /\r?\n[ \t]*$/.exec(text.slice(0, start))?.[0] });
  }
  return { start: pair.valueStart, end: pair.valueEnd, tokens };
}

/** Before everything else: a pair after a header would belong to that table. */
function withFirstLine(text: string, line: string): string {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  return `${mark}${line}${text.includes("\r\n") ? "\r\n" : "\n"}${text.slice(mark.length)}`;
}

function splice(text: string, start: number, end: number, inserted: string): string {
  return text.slice(0, start) + inserted + text.slice(end);
}

function verified(before: string, after: string, names: readonly string[], path: string): string {
  const table = parseToml(before);
  if (isTable(table) && Bun.deepEquals(parseToml(after), { ...table, profiles: names })) return after;
  throw new ClauthError({
    kind: "profile_list_edit_refused",
    message: `${path} is written in a way that can't be edited without touching the rest`,
    hint: `edit it by hand: profiles = ${JSON.stringify(names)}`,
    path,
  });
}

import { isTable, type Table } from "./toml.ts";

/**
 * JSON with comments (VS Code's settings) as text: an edit touches one top-level value and keeps everything else to the byte,
 * comments and trailing commas too, and is parsed again before it counts.
 */

/** The top-level object; undefined where the text is none. An empty text is an empty object, as VS Code takes it. */
export function parseJsonc(text: string): Table | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = Bun.JSONC.parse(text);
    return isTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The text with `key` set to a string at its top level; undefined where that can't be done without touching the rest. */
export function withText(text: string, key: string, value: string): string | undefined {
  const before = parseJsonc(text);
  if (before === undefined) return undefined;
  const edited = edit(text, key, JSON.stringify(value));
  return Bun.deepEquals(parseJsonc(edited), { ...before, [key]: value }) ? edited : undefined;
}

function edit(text: string, key: string, value: string): string {
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  if (text.trim() === "") return `{${end}    ${JSON.stringify(key)}: ${value}${end}}${end}`;
  const { open, entries } = scan(text);
  const present = entries.findLast((entry) => entry.key === key);
  if (present !== undefined) return splice(text, present.valueStart, present.valueEnd, value);
  const last = entries.at(-1);
  const entry = `${end}${indentOf(text, entries)}${JSON.stringify(key)}: ${value}`;
  if (last === undefined) {
    const rest = /^[ \t]*\r?\n/.test(text.slice(open)) ? "" : end;
    return splice(text, open, open, `${entry}${rest}`);
  }
  // A comment at the end of the last entry's line belongs to that entry; a trailing comma stays the last thing.
  const [all, comma = "", comment = ""] = /^(\s*,)?([ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/))?/.exec(
    text.slice(last.valueEnd),
  ) ?? [""];
  return splice(text, last.valueEnd, last.valueEnd + all.length, `,${comment}${entry}${comma.trim()}`);
}

type Entry = {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
};

/** Where the object opens, and its own entries in their order. The text is known to parse. */
function scan(text: string): { readonly open: number; readonly entries: readonly Entry[] } {
  const tokens = [...text.matchAll(TOKEN)].filter(({ 0: token }) => !/^\/[/*]/.test(token));
  const entries: Entry[] = [];
  const [first] = tokens;
  for (let depth = 0, at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]?.[0] ?? "";
    if (depth === 1 && token === ":") {
      const [name, start] = [tokens[at - 1], tokens[at + 1]];
      const end = endOfValue(tokens, at + 1);
      if (name === undefined || start === undefined) break;
      const key: unknown = JSON.parse(name[0]);
      entries.push({ key: String(key), keyStart: name.index, valueStart: start.index, valueEnd: end });
    }
    if (OPENS.has(token)) depth += 1;
    if (CLOSES.has(token) && --depth === 0) break;
  }
  return { open: (first?.index ?? 0) + 1, entries };
}

const TOKEN = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[{}[\]:,]|[^\s\uFEFF"{}[\]:,/]+/g;
const OPENS: ReadonlySet<string> = new Set(["{", "["]);
const CLOSES: ReadonlySet<string> = new Set(["}", "]"]);

function endOfValue(tokens: readonly RegExpExecArray[], start: number): number {
  for (let depth = 0, at = start; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if (OPENS.has(token[0])) depth += 1;
    if (CLOSES.has(token[0])) depth -= 1;
    if (depth === 0) return token.index + token[0].length;
  }
  return 0;
}

/** As the first entry has it; four blanks, VS Code's own, where none stands on a line of its own. */
function indentOf(text: string, entries: readonly Entry[]): string {
  const before = text.slice(0, entries[0]?.keyStart ?? 0);
  return /\n([ \t]+)$/.exec(before)?.[1] ?? "    ";
}

function splice(text: string, start: number, end: number, inserted: string): string {
  return text.slice(0, start) + inserted + text.slice(end);
}

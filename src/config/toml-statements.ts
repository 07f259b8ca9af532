import { parseToml } from "./toml.ts";

/**
 * The line that ends the validity of a text that is none; Bun's parser names no line.
 * @returns undefined for a text so long that the search would hold a start up (2,000 lines: 0.1 s, 20,000: 6 s)
 */
export function firstBadLine(text: string): number | undefined {
  const lines = text.split("\n");
  if (lines.length > 2000) return undefined;
  let good = lines.length;
  while (good > 0 && parseToml(lines.slice(0, good).join("\n")) === undefined) good -= 1;
  return good + 1;
}

/**
 * Where a statement of a TOML text stands. Bun's parser gives values without positions; messages need lines, and edits that
 * keep comments need offsets.
 */
export type Statement = {
  readonly kind: "header" | "pair";
  /** A header as `[[rule]]`, without blanks and quotes; the key of a pair likewise. */
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  /** Offset of the start of its first line. */
  readonly start: number;
  /** Offsets of the value, without its trailing comment (of a header: of its text). */
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Offset after its last line end. */
  readonly end: number;
};

/** The pairs before the first header. */
export function topLevel(statements: readonly Statement[]): readonly Statement[] {
  const pairs: Statement[] = [];
  for (const statement of statements) {
    if (statement.kind === "header") break;
    pairs.push(statement);
  }
  return pairs;
}

/** Every header and key/value pair of a text that the parser accepted, in order; a pair may span several lines. */
export function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  let line = 1;
  let start = text.startsWith("\uFEFF") ? 1 : 0;
  while (start < text.length) {
    const statement = statementAt(text, start, line);
    if (statement !== undefined) statements.push(statement);
    const end = statement?.end ?? afterLine(text, start);
    line += newlinesBetween(text, start, end);
    start = end;
  }
  return statements;
}

function statementAt(text: string, start: number, line: number): Statement | undefined {
  const first = skipBlanks(text, start);
  const character = text[first];
  if (character === undefined || character === "#" || character === "\n" || character === "\r")
    return undefined;
  const kind = character === "[" ? "header" : "pair";
  const equals = kind === "header" ? first : endOfKey(text, first);
  const valueStart = kind === "header" ? first : skipBlanks(text, equals + 1);
  const valueEnd = endOfValue(text, valueStart);
  const named = kind === "header" ? text.slice(first, valueEnd) : text.slice(first, equals);
  const name = named.replaceAll(/[\s"']/g, "");
  return { kind, name, line, start, valueStart, valueEnd, end: afterLine(text, valueEnd) };
}

/** The offset of the `=` after a key, which may be quoted and hold one itself. */
function endOfKey(text: string, start: number): number {
  let offset = start;
  while (offset < text.length && text[offset] !== "=") offset = afterString(text, offset) ?? offset + 1;
  return offset;
}

/** The offset after a value: brackets may hold line ends and comments, strings may hold anything. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let end = start;
  for (let offset = start; offset < text.length; ) {
    const character = text[offset];
    if (depth === 0 && (character === "\n" || character === "#")) break;
    if (character === "#") {
      offset = afterLine(text, offset);
      continue;
    }
    if (character === "[" || character === "{") depth += 1;
    if (character === "]" || character === "}") depth -= 1;
    offset = afterString(text, offset) ?? offset + 1;
    if (!isBlank(character)) end = offset;
  }
  return end;
}

/** The offset after the string that starts here, or undefined where none does. */
function afterString(text: string, offset: number): number | undefined {
  if (text[offset] !== '"' && text[offset] !== "'") return undefined;
  for (const pattern of STRINGS) {
    pattern.lastIndex = offset;
    if (pattern.test(text)) return pattern.lastIndex;
  }
  return undefined;
}

/** Multi-line forms first; up to two quotes may stand right before a closing delimiter. */
const STRINGS = [
  /"""(?:[^\\]|\\[\s\S])*?""""{0,2}/y,
  /'''[\s\S]*?''''{0,2}/y,
  /"(?:[^"\\\n]|\\.)*"/y,
  /'[^'\n]*'/y,
];

function skipBlanks(text: string, start: number): number {
  let offset = start;
  while (text[offset] === " " || text[offset] === "\t") offset += 1;
  return offset;
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\r";
}

function afterLine(text: string, start: number): number {
  const newline = text.indexOf("\n", start);
  return newline === -1 ? text.length : newline + 1;
}

function newlinesBetween(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", start); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

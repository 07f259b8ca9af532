import type { ArgDef, ArgsDef } from "citty";
import type { Paint } from "./colour.ts";
import { wrapped } from "./wrapped.ts";

/** A line to type, and what it does. */
export type Example = readonly [line: string, what: string];

export type Explained = {
  readonly name: string;
  readonly summary: string;
  readonly args: ArgsDef;
  readonly rest?: string;
  readonly examples?: readonly Example[];
};

/** What `clauth VERB --help` shows, in at most 80 columns. */
export function usageText({ name, summary, args, rest, examples = [] }: Explained, paint: Paint): string {
  const words = Object.entries(args).filter(([, { type }]) => type === "positional");
  const options = Object.entries(args).filter(([, { type }]) => type !== "positional");
  const line = [
    `clauth ${name}`,
    ...words.map(([word, { required }]) => (required === false ? `[${placeOf(word)}]` : placeOf(word))),
    ...(options.length === 0 ? [] : ["[OPTIONS]"]),
    ...(rest === undefined ? [] : [`[-- ${rest}]`]),
  ].join(" ");
  return [
    summary,
    "",
    `${paint("usage:", "bold")} ${line}`,
    ...section(
      "arguments",
      words.map(([word, { description = "" }]) => [placeOf(word), description]),
      paint,
    ),
    ...section(
      "options",
      options.map(([option, arg]) => [flagOf(option, arg), arg.description ?? ""]),
      paint,
    ),
    ...section("examples", examples, paint),
    "",
  ].join("\n");
}

/** Two columns below a head; nothing where there are no rows. */
export function section(head: string, rows: readonly Example[], paint: Paint): string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([left]) => left.length));
  return ["", paint(head, "bold"), ...rows.flatMap(([left, right]) => rowOf(left.padEnd(width), right))];
}

/** The right column goes on below itself; it begins in a line of its own where the left one leaves it no room. */
function rowOf(left: string, right: string): string[] {
  const margin = Math.min(left.length + 4, WIDEST_LEFT);
  const [first = "", ...more] = wrapped(right, WIDTH - margin);
  const below = more.map((line) => `${" ".repeat(margin)}${line}`);
  if (left.length + 4 <= margin) return [`  ${left}  ${first}`.trimEnd(), ...below];
  return [`  ${left.trimEnd()}`, `${" ".repeat(margin)}${first}`, ...below];
}

const WIDTH = 80;

const WIDEST_LEFT = 46;

function placeOf(word: string): string {
  return word.toUpperCase();
}

function flagOf(option: string, arg: ArgDef): string {
  return arg.type === "string" ? `--${option} ${arg.valueHint ?? "VALUE"}` : `--${option}`;
}

import type { Context } from "../context.ts";

export type Colour = keyof typeof CODES;

/** Colours a text for standard output, or leaves it as it is. */
export type Paint = (text: string, colour: Colour) => string;

/** Colours are for a terminal, where NO_COLOR is not set (https://no-color.org: to anything but nothing). */
export function paintFor({ env, stdout }: Pick<Context, "env" | "stdout">): Paint {
  if (env["NO_COLOR"] || env["TERM"] === "dumb" || !stdout.isTerminal) return (text) => text;
  return (text, colour) => (text === "" ? "" : `\x1b[${CODES[colour]}m${text}\x1b[0m`);
}

/** Of the sixteen that every terminal's own theme makes readable. */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

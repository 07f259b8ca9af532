import type { Context } from "../context.ts";
import type { Json } from "../json.ts";
import { oneLine } from "../report.ts";
import { type Colour, type Paint, paintFor } from "./colour.ts";

/** Results for programs: one JSON value, indented, with a final line end. */
export function jsonText(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** How results are shown to people. */
export type View = {
  readonly paint: Paint;
  /** Characters in a line; as long as it gets through a pipe, so that nothing is cut from what a script reads. */
  readonly width: number;
  /** True on a terminal: columns have heads there, and times are told from now. */
  readonly forPeople: boolean;
};

export function viewOf(context: Pick<Context, "env" | "stdout">): View {
  const given = /^[1-9]\d{0,4}$/.exec(context.env["COLUMNS"] ?? "")?.[0];
  const width = given === undefined ? context.stdout.columns : Number(given);
  return {
    paint: paintFor(context),
    width: context.stdout.isTerminal ? width || Number.POSITIVE_INFINITY : Number.POSITIVE_INFINITY,
    forPeople: context.stdout.isTerminal,
  };
}

export type Cell = string | { readonly text: string; readonly colour: Colour };

export type Column = {
  readonly head: string;
  /** True for what says nothing when it is cut, and for what is typed into other commands. */
  readonly whole?: true;
};

/**
 * Results as a table: columns of equal width, two spaces between them, and nothing for no rows; on a terminal their heads above.
 * Where that is too wide for the view, the longest columns give way, and their cells end in "…".
 */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  view: View,
): string {
  if (rows.length === 0) return "";
  const used = columns.map((_, at) => rows.some((row) => textOf(row[at] ?? "") !== ""));
  const heads = columns.map(({ head }, at): Cell => ({ text: used[at] ? head : "", colour: "dim" }));
  const shown = view.forPeople ? [heads, ...rows] : rows;
  const wanted = columns.map((column, at) => ({
    width: Math.max(...shown.map((row) => Bun.stringWidth(textOf(row[at] ?? "")))),
    whole: column.whole === true,
  }));
  const gaps = GAP.length * (used.filter(Boolean).length - 1);
  const widths = fitted(wanted, view.width - gaps);
  return shown.map((row) => lineOf(row, widths, view.paint)).join("");
}

const GAP = "  ";

type Wanted = { readonly width: number; readonly whole: boolean };

/** Takes from the longest column until all fit, and from none more than leaves it readable. */
function fitted(wanted: readonly Wanted[], room: number): readonly number[] {
  const widths = wanted.map(({ width }) => width);
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over -= 1) {
    const longest = Math.max(...widths.filter((_, at) => wanted[at]?.whole === false));
    if (longest <= SHORTEST) break;
    widths[widths.findLastIndex((width, at) => width === longest && wanted[at]?.whole === false)] =
      longest - 1;
  }
  return widths;
}

const SHORTEST = 8;

/** A column that is empty in every row takes no room. Colours do not reach into the spaces. */
function lineOf(row: readonly Cell[], widths: readonly number[], paint: Paint): string {
  const cells = widths.flatMap((width, at) => (width === 0 ? [] : [{ cell: row[at] ?? "", width }]));
  const last = cells.findLastIndex(({ cell }) => textOf(cell) !== "" && textOf(cell) !== " ");
  const shown = cells.slice(0, last + 1).map(({ cell, width }, at) => {
    const text = cut(textOf(cell), width);
    const painted = typeof cell === "string" ? text : paint(text, cell.colour);
    return at === last ? painted : painted + " ".repeat(width - Bun.stringWidth(text));
  });
  return `${shown.join(GAP)}\n`;
}

function textOf(cell: Cell): string {
  return oneLine(typeof cell === "string" ? cell : cell.text);
}

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Bun.stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** A path as people write it: below the home directory with a tilde. */
export function withTilde(path: string, home: string): string {
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** The same for every path in a sentence; not behind a quote, where no shell reads a tilde. */
export function withTildes(text: string, home: string): string {
  return text.replaceAll(new RegExp(`(?<![^\\s(=])${RegExp.escape(home)}/`, "g"), "~/");
}

/** The path that `withTilde` was given. */
export function withoutTilde(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? `${home}${path.slice(1)}` : path;
}

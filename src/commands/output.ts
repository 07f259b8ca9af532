import type { Context } from "../context.ts";
import type { Json } from "../json.ts";
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
};

export function viewOf(context: Pick<Context, "env" | "stdout">): View {
  const given = /^[1-9]\d{0,4}$/.exec(context.env["COLUMNS"] ?? "")?.[0];
  const width = given === undefined ? context.stdout.columns : Number(given);
  return {
    paint: paintFor(context),
    width: context.stdout.isTerminal ? width || Number.POSITIVE_INFINITY : Number.POSITIVE_INFINITY,
  };
}

export type Cell = string | { readonly text: string; readonly colour: Colour };

const PLAIN: View = { paint: (text) => text, width: Number.POSITIVE_INFINITY };

/**
 * Results for people: columns of equal width, two spaces between them, and nothing for no rows. Where that is too wide for
 * the view, the longest columns give way, and their cells end in "…".
 */
export function tableText(rows: readonly (readonly Cell[])[], view: View = PLAIN): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const wanted = Array.from({ length: columns }, (_, at) =>
    Math.max(...rows.map((row) => Bun.stringWidth(textOf(row[at] ?? "")))),
  );
  const widths = fitted(
    wanted,
    view.width - GAP.length * wanted.filter((width) => width > 0).length + GAP.length,
  );
  return rows.map((row) => lineOf(row, widths, view.paint)).join("");
}

const GAP = "  ";

/** Takes from the longest column until all fit, and from none more than leaves it readable. */
function fitted(wanted: readonly number[], room: number): readonly number[] {
  const widths = [...wanted];
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over -= 1) {
    const longest = Math.max(...widths);
    if (longest <= SHORTEST) break;
    widths[widths.lastIndexOf(longest)] = longest - 1;
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
  return typeof cell === "string" ? cell : cell.text;
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

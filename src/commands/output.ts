import type { Json } from "../json.ts";

/** Results for programs: one JSON value, indented, with a final line end. */
export function jsonText(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Results for people: columns of equal width, two spaces between them, and nothing for no rows. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...rows.map((row) => Bun.stringWidth(row[at] ?? ""))),
  );
  const padded = (cell: string, at: number) => cell + " ".repeat((widths[at] ?? 0) - Bun.stringWidth(cell));
  return rows.map((row) => `${row.map(padded).join("  ").trimEnd()}\n`).join("");
}

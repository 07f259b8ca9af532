import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Case } from "./measure.ts";
import type { Programs } from "./programs.ts";
import type { User } from "./user.ts";

/** What every section is measured with. */
export type Bench = { readonly programs: Programs; readonly rounds: number };

/** One heading of the page of figures. */
export type Section = { readonly title: string; readonly text: string; readonly figures: unknown };

export type Row = readonly (string | number)[];

/** A table: the first column names, the others are numbers, shown with two digits, or texts. */
export function section(
  title: string,
  head: readonly string[],
  rows: readonly Row[],
  figures: unknown,
): Section {
  const line = (cells: Row) => `| ${cells.map(shown).join(" | ")} |`;
  const rule = head.map((_, index) => (index === 0 ? "---" : "---:"));
  const text = [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
  return { title, text, figures: figures instanceof Map ? Object.fromEntries(figures) : figures };
}

function shown(cell: string | number): string {
  return typeof cell === "number" ? cell.toFixed(2) : cell;
}

export function ratio(value: number, floor: number): string {
  return `${(value / floor).toFixed(2)} ×`;
}

export type Call = (name: string, argv: readonly string[], env?: Readonly<Record<string, string>>) => Case;

/** Makes calls of a user, with a claude behind the shim that ends at once. */
export function callOf({ programs }: Bench, user: User): Call {
  return (name, argv, env = {}) => ({
    name,
    argv,
    cwd: user.project,
    env: user.env(dirname(programs.claude), { REAL_CLAUDE: programs.claude, ...env }),
  });
}

/** Everything of the page after the line that says so is made anew, and laid out as `bun run lint` wants it. */
export function intoPage(path: string, markdown: string): void {
  const text = readFileSync(path, "utf8");
  const mark = "<!-- What follows is written by `bun run bench --docs`. -->\n";
  writeFileSync(path, `${text.slice(0, text.indexOf(mark) + mark.length)}\n${markdown}`);
  Bun.spawnSync([process.execPath, "x", "biome", "format", "--write", path]);
}

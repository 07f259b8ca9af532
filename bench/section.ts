import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Case } from "./measure.ts";
import type { Programs } from "./programs.ts";
import type { User } from "./user.ts";

/** What every section is measured with. */
export type Bench = { readonly programs: Programs; readonly rounds: number };

/** One heading of the page of figures. */
export type Section = {
  readonly title: string;
  readonly text: string;
  readonly figures: unknown;
  /** What the README says of it: a few words, and milliseconds. */
  readonly headlines?: readonly Headline[];
};

export type Headline = readonly [what: string, milliseconds: number];

export type Row = readonly (string | number)[];

/** A table: the first column names, the others are numbers, shown with two digits, or texts. */
export function section(
  title: string,
  head: readonly string[],
  rows: readonly Row[],
  figures: unknown,
): Section {
  const text = table(head, rows);
  return { title, text, figures: figures instanceof Map ? Object.fromEntries(figures) : figures };
}

export function table(head: readonly string[], rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.map(shown).join(" | ")} |`;
  const rule = head.map((_, index) => (index === 0 ? "---" : "---:"));
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
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

/** What stands on a page between the mark and the next heading of its level is made anew, and laid out as `bun run lint` wants it. */
export function intoPage(path: string, markdown: string): void {
  const text = readFileSync(path, "utf8");
  const from = text.indexOf(MARK) + MARK.length;
  const next = text.indexOf("\n## ", from);
  const rest = next === -1 ? "" : text.slice(next);
  writeFileSync(path, `${text.slice(0, from)}\n${markdown}${rest}`);
  Bun.spawnSync([process.execPath, "x", "biome", "format", "--write", path]);
}

const MARK = "<!-- What follows is written by `bun run bench --docs`. -->\n";

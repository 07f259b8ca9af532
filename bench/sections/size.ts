import { statSync } from "node:fs";
import { type Bench, type Section, section } from "../section.ts";

/** Bun itself is all of it but the last megabytes: our modules as source and as bytecode. */
export function size({ programs }: Bench): Section {
  const rows = [
    ["empty compiled Bun program", megabytes(programs.empty)],
    ["**the shim**, one file for both names", megabytes(programs.shim)],
  ];
  return section("Size", ["", "MB"], rows, rows);
}

function megabytes(path: string): number {
  return statSync(path).size / 1_000_000;
}

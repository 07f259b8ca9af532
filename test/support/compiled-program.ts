import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { keepFirst, testCache } from "./claude-install.ts";

/** The executable of a C program, compiled once per state of its source and these flags. */
export function compiledProgram(source: string, ...flags: readonly string[]): string {
  const name = basename(source, ".c");
  const hash = new Bun.CryptoHasher("sha256").update(JSON.stringify(flags)).update(readFileSync(source));
  const place = join(testCache(), `c-${name}-${hash.digest("hex").slice(0, 16)}`);
  const program = join(place, name);
  if (existsSync(program)) return program;
  const staging = mkdtempSync(`${place}.`);
  try {
    const compiled = Bun.spawnSync(["cc", "-O1", "-Wall", ...flags, "-o", join(staging, name), source]);
    if (compiled.exitCode !== 0) throw new Error(`cc: ${compiled.stderr}`);
    keepFirst(staging, place);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return program;
}

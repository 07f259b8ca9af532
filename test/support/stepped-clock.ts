import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram } from "./compiled-program.ts";

/** The environment in which programs see a wall clock that is set by `setClock`. */
export function steppedClock(file: string): Record<string, string> {
  const library = compiledProgram(join(import.meta.dir, "stepped-clock.c"), "-shared", "-fPIC");
  return { LD_PRELOAD: library, STEPPED_CLOCK: file };
}

/** Sets that clock so many hours off the true one. */
export function setClock(file: string, hours: number): void {
  writeFileSync(file, String(Math.round(hours * 3600)));
}

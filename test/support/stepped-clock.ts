import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram } from "./compiled-program.ts";

/** The environment in which programs see the wall clock as `setClock` sets it, first before they start. */
export function steppedClock(file: string): Record<string, string> {
  const library = compiledProgram(join(import.meta.dir, "stepped-clock.c"), "-shared", "-fPIC");
  return { LD_PRELOAD: library, STEPPED_CLOCK: file };
}

/** Sets that clock so many hours off the true one. In place and always as long, because who sees it has it mapped. */
export function setClock(file: string, hours: number): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    writeSync(descriptor, String(Math.round(hours * 3600)).padEnd(16), 0);
  } finally {
    closeSync(descriptor);
  }
}

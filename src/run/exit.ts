import { disableCoreFile, restoreDefaultAction } from "./process-calls.ts";

/** How a program ended. */
export type Exit =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: number };

/** Reads a status word of waitpid(2); undefined while the program is only stopped. */
export function exitOf(status: number): Exit | undefined {
  if ((status & 0xff) === STOPPED) return undefined;
  const signal = status & 0x7f;
  return signal === 0 ? { kind: "code", code: (status >> 8) & 0xff } : { kind: "signal", signal };
}

const STOPPED = 0x7f;

/**
 * Ends this process exactly as the program ended, so that `$?`, the shell's own message and `set -e` can't tell the
 * two apart: the same code, or death by the same signal, without a second core file.
 */
export function exitAs(exit: Exit): never {
  if (exit.kind === "signal") dieBy(exit.signal);
  process.exit(exit.kind === "code" ? exit.code : 128 + exit.signal);
}

function dieBy(signal: number): void {
  disableCoreFile();
  restoreDefaultAction(signal);
  process.kill(process.pid, signal);
}

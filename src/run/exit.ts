import { CALLS, isLinux, systemCall } from "../fs/linux.ts";
import { exitProcess } from "../kernel32.ts";
import { disableCoreFile, restoreDefaultAction } from "./process-calls.ts";

/** How a program ended. */
export type Exit =
  /** 0 to 255; on Windows 32 bits, such as 0xC000013A after a Ctrl-C. */
  { readonly kind: "code"; readonly code: number } | { readonly kind: "signal"; readonly signal: number };

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
  else if (exit.code > MOST_OF_UNIX) exitProcess(exit.code);
  leave(exit.kind === "code" ? exit.code : 128 + exit.signal);
}

/** Without what Bun does at an exit, which death by a signal leaves out too: 0.07 ms of the 0.3 that are ours. */
function leave(code: number): never {
  if (isLinux) {
    process.emit("exit", code);
    systemCall(CALLS.exit_group, code);
  }
  process.exit(code);
}

/** More than this comes from Windows alone. */
const MOST_OF_UNIX = 255;

function dieBy(signal: number): void {
  disableCoreFile();
  restoreDefaultAction(signal);
  process.kill(process.pid, signal);
}

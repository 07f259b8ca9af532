import { changeOf, spawn } from "../../../src/run/process-calls.ts";
import { waitFor } from "../../support/wait-for.ts";

export type NativeChild = { readonly pid: number; readonly status: Promise<number> };

export type NativeStart = {
  /** As the kernel is to have it, duplicates included; the test's own where not given. */
  readonly environment?: readonly string[];
  readonly descriptors?: readonly { readonly from: number; readonly to: number }[];
};

/** Starts a program as a C program would: raw bytes (as Latin-1 text), and the status word of waitpid(2). */
export function startNative(argv: readonly string[], start: NativeStart = {}): NativeChild {
  const environment =
    start.environment ?? Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  const pid = spawn(
    {
      path: argv[0] ?? "",
      argv,
      environment: environment.map((entry) => `${entry}\0`).join(""),
      descriptors: start.descriptors ?? [],
    },
    [],
  );
  if (pid <= 0) throw new Error(`${argv[0]} could not be started: errno ${-pid}`);
  return { pid, status: waitFor(`the end of ${argv.at(-1)}`, () => changeOf(pid)) };
}

/** Runs a program to its end; the status word. */
export function statusOf(argv: readonly string[], start: NativeStart = {}): Promise<number> {
  return startNative(argv, start).status;
}

import { ptr } from "bun:ffi";
import { openKernel32 } from "../kernel32.ts";
import { once } from "../libc.ts";
import type { ByteString } from "./byte-string.ts";
import type { Exit } from "./exit.ts";
import { explainStart } from "./explain-start.ts";
import type { Running } from "./foreground.ts";
import type { Launch } from "./launch.ts";

/**
 * Starts the program beside us and waits for it: Windows has no exec, so every way to claude is this one.
 *
 * - Bun's spawn quotes each argument so that the program's own splitting gives it back.
 * - Ctrl-C, Ctrl-Break and the closing of the console reach every process of the console by themselves; ours outlives them, since
 *   the last reconcile is still to be done. Windows ends what is left five seconds after the console was closed.
 * - There is no signal that could be passed on: whoever ends us (Node's `kill`, the Task Manager) ends us at once, and meant
 *   claude. It goes with us, because Bun puts what it spawns into a job that ends with its owner (measured under Wine 10).
 *   What claude itself starts is not in that job and stays, as after a direct start.
 * - `windowsHide`: called by a program that has no console, claude gets one, whose window must not show.
 * @throws ClauthError `claude_not_runnable` (126) or `claude_not_found` (127).
 */
export function startOnWindows(launch: Launch): Running {
  for (const event of CONSOLE_EVENTS) process.on(event, () => {});
  const { pid, exited } = spawned(launch);
  const handle = calls().OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  return { pid, exited: () => exited.then((code) => exitOf(handle, code)) };
}

/** Ctrl-C, Ctrl-Break, and the closing of the console, as libuv names them. */
const CONSOLE_EVENTS = ["SIGINT", "SIGBREAK", "SIGHUP"] as const;

function spawned({ path, argv, environment }: Launch) {
  const [argv0 = path, ...args] = argv.map(decoded);
  try {
    return Bun.spawn([path, ...args], {
      argv0,
      env: Object.fromEntries(entriesOf(environment).map(decoded).map(variable)),
      stdio: ["inherit", "inherit", "inherit"],
      windowsHide: true,
    });
  } catch {
    throw explainStart(path);
  }
}

/** What follows the last NUL is nothing. */
function entriesOf(environment: ByteString): readonly ByteString[] {
  return environment.split("\0").slice(0, -1);
}

function decoded(bytes: ByteString): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function variable(entry: string): readonly [string, string] {
  const end = entry.indexOf("=", 1);
  return [entry.slice(0, end), entry.slice(end + 1)];
}

/** All 32 bits of the exit code; Bun keeps the lowest eight (measured on Bun 1.4.5). */
function exitOf(handle: bigint, lowest: number): Exit {
  const code = new Uint32Array(1);
  const known = calls().GetExitCodeProcess(handle, ptr(code)) !== 0;
  calls().CloseHandle(handle);
  return { kind: "code", code: (known ? code[0] : undefined) ?? lowest };
}

const calls = once(
  () =>
    openKernel32({
      CloseHandle: { args: ["i64"], returns: "i32" },
      GetExitCodeProcess: { args: ["i64", "ptr"], returns: "i32" },
      OpenProcess: { args: ["u32", "i32", "u32"], returns: "i64" },
    }).symbols,
);

const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;

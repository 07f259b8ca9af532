import { delimiter, isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { isShim } from "../own-executable.ts";
import type { Store } from "../paths.ts";
import { checkInstalls } from "./check-installs.ts";
import { checkParentShell } from "./check-parent-shell.ts";
import type { Finding } from "./finding.ts";
import { isFile } from "./is-file.ts";

/** PATH: the shim has to stand before every other claude, and a real one has to be found behind it. */
export async function checkPrograms(context: Context, store: Store): Promise<readonly Finding[]> {
  return [
    ...checkPath(context, store),
    ...(await checkParentShell(context)),
    ...(await checkInstalls(context, store)),
    ...checkEnvironment(context),
  ];
}

function checkPath(context: Context, store: Store): readonly Finding[] {
  const directories = (context.env["PATH"] ?? "").split(delimiter);
  const relative = directories.some((directory) => !isAbsolute(directory));
  const claudes = directories
    .filter(isAbsolute)
    .map((directory) => join(directory, "claude"))
    .filter(isFile);
  const shim = claudes.findIndex((path) => isShim(path, context));
  const hint = `in the shell's startup file, as its last line: export PATH="${store.bin}:$PATH"`;
  const first: Finding =
    shim === 0
      ? { check: "PATH", level: "ok", message: `claude is ${claudes[0]}, the shim` }
      : shim === -1
        ? {
            check: "PATH",
            level: "problem",
            message: "the shim is not on PATH: claude picks no profile",
            hint,
          }
        : {
            check: "PATH",
            level: "problem",
            message: `${claudes[0]} stands before the shim ${claudes[shim]} on PATH: claude picks no profile`,
            hint,
          };
  const message = "PATH has a relative or empty entry, which means the working directory";
  return [
    first,
    ...(relative ? [{ check: "PATH", level: "warning", message, hint: "take it out" } as const] : []),
    ...otherClauth(directories.filter(isAbsolute), context, store),
  ];
}

/** The Rust tool of that name writes to the same store; its `clauth start` knows nothing of the sessions here. */
function otherClauth(directories: readonly string[], context: Context, store: Store): readonly Finding[] {
  const path = directories.map((directory) => join(directory, "clauth")).find(isFile);
  if (path === undefined || isShim(path, context)) return [];
  const message = `typing clauth starts ${path}, which is another program than this`;
  const hint = `remove it, or put ${store.bin} before it on PATH`;
  return [{ check: "PATH", level: "warning", message, hint, path }];
}

function checkEnvironment({ env }: Context): readonly Finding[] {
  const bypassed = env["CLAUTH_BYPASS"] === "1";
  if (!bypassed) return [];
  const message = "CLAUTH_BYPASS=1 is set: claude picks no profile";
  return [{ check: "environment", level: "warning", message, hint: "unset CLAUTH_BYPASS" }];
}

import { delimiter, isAbsolute } from "node:path";
import type { Context } from "../context.ts";
import { installedIn, isShim } from "../own-executable.ts";
import type { Store } from "../paths.ts";
import { unsetting } from "../shell-line.ts";
import { isFullWindowsPath, windowsPathEntries } from "../windows/search-path.ts";
import { checkInstalls } from "./check-installs.ts";
import { checkParentShell } from "./check-parent-shell.ts";
import type { Finding } from "./finding.ts";
import { filesOnPath } from "./on-path.ts";

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
  const claudes = filesOnPath("claude", context);
  const shim = claudes.findIndex((path) => isShim(path, context));
  const bin = installedIn(context, store);
  const hint =
    context.platform === "win32"
      ? `put ${bin} first on your PATH: rundll32 sysdm.cpl,EditEnvironmentVariables`
      : `in the shell's startup file, as its last line: export PATH="${bin}:$PATH"`;
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
    ...(hasRelativeEntry(context)
      ? [{ check: "PATH", level: "warning", message, hint: "take it out" } as const]
      : []),
    ...otherClauth(context, store),
  ];
}

/** Windows passes over an empty entry. */
function hasRelativeEntry({ env, platform }: Context): boolean {
  const path = env["PATH"] ?? "";
  if (platform !== "win32") return path.split(delimiter).some((directory) => !isAbsolute(directory));
  const entries = windowsPathEntries(path).map((entry) => entry.replaceAll('"', "").trim());
  return entries.some((entry) => entry !== "" && !isFullWindowsPath(entry));
}

/** The Rust tool of that name writes to the same store; its `clauth start` knows nothing of the sessions here. */
function otherClauth(context: Context, store: Store): readonly Finding[] {
  const [path] = filesOnPath("clauth", context);
  if (path === undefined || isShim(path, context)) return [];
  const message = `typing clauth starts ${path}, which is another program than this`;
  const hint = `remove it, or put ${installedIn(context, store)} before it on PATH`;
  return [{ check: "PATH", level: "warning", message, hint, path }];
}

function checkEnvironment({ env }: Context): readonly Finding[] {
  const bypassed = env["CLAUTH_BYPASS"] === "1";
  if (!bypassed) return [];
  const message = "CLAUTH_BYPASS=1 is set: claude picks no profile";
  return [{ check: "environment", level: "warning", message, hint: unsetting("CLAUTH_BYPASS") }];
}

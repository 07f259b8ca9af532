import { win32 } from "node:path";
import type { Context } from "../context.ts";
import { isFile } from "../disk/read-file.ts";
import { isShim } from "../own-executable.ts";
import type { Store } from "../paths.ts";
import { ask } from "./ask.ts";
import type { Finding } from "./finding.ts";
import { filesOnPath } from "./on-path.ts";

/**
 * What `claude` is in Windows PowerShell and in PowerShell 7: an alias or a function of a profile passes the shim by, and so
 * does npm's `claude.ps1`, where its directory stands before ours.
 */
export async function checkPowershell(
  context: Context,
  installed: Pick<Store, "bin">,
): Promise<readonly Finding[]> {
  const answers = powershells(context).map(async ({ name, path }) => {
    // In its own encoding for this: no quote is lost on the way.
    const script = Buffer.from(PROBE, "utf16le").toString("base64");
    const argv = [path, "-NoLogo", "-NonInteractive", "-EncodedCommand", script];
    const said = await ask({ argv, env: context.env, cwd: context.home });
    return judgePowershell(context, installed, { name, said });
  });
  return (await Promise.all(answers)).flat();
}

/** Its profiles are read, as in a window. The kind of command, then where it is. */
export const PROBE = `[Console]::OutputEncoding = [Text.Encoding]::UTF8
$found = @(Get-Command -Name claude -ErrorAction SilentlyContinue)
if ($found.Count -eq 0) { 'clauth-probe none' } else { "clauth-probe $($found[0].CommandType) $($found[0].Source)" }`;

export function judgePowershell(
  context: Pick<Context, "executable">,
  { bin }: Pick<Store, "bin">,
  { name, said }: { readonly name: string; readonly said: string | undefined },
): readonly Finding[] {
  const check = "PowerShell";
  const [, kind, path = ""] = /^clauth-probe (\w+)(?: (.*?))?\r?$/m.exec(said ?? "") ?? [];
  if (kind === undefined) {
    const hint = "look at the file that $PROFILE names: does it wait for something?";
    return [{ check, level: "warning", message: `${name} gave no answer`, hint }];
  }
  if (kind === "Application" && isFile(path) && isShim(path, context))
    return [{ check, level: "ok", message: `in ${name}, claude is ${path}, the shim`, path }];
  if (kind === "Alias" || kind === "Function") {
    const message = `in ${name}, claude is ${kind === "Alias" ? "an alias" : "a function"}: typing it may pass the shim by`;
    const hint = "take it out of the file that $PROFILE names, then open a new window";
    return [{ check, level: "warning", message, hint }];
  }
  const message = `in ${name}, claude is ${path === "" ? "not found" : `${path}, not the shim`}`;
  const hint = `put ${bin} first on your PATH: rundll32 sysdm.cpl,EditEnvironmentVariables`;
  return [{ check, level: "problem", message, hint }];
}

function powershells(context: Context): readonly { readonly name: string; readonly path: string }[] {
  const system = context.env["SystemRoot"] ?? "C:\\Windows";
  const builtIn = win32.join(system, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
  const [newer] = filesOnPath("pwsh", context);
  return [
    ...(isFile(builtIn) ? [{ name: "Windows PowerShell", path: builtIn }] : []),
    ...(newer === undefined ? [] : [{ name: "PowerShell 7", path: newer }]),
  ];
}

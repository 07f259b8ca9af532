import { readFileSync } from "node:fs";
import { win32 } from "node:path";
import { readConfig } from "../config/config.ts";
import type { Context, Environment } from "../context.ts";
import { isFile } from "../disk/read-file.ts";
import { installedIn, isShim } from "../own-executable.ts";
import type { Store } from "../paths.ts";
import { findRealClaude } from "../real-claude.ts";
import { type Registry, registry } from "../windows/registry.ts";
import { isOnWindowsDrive } from "../windows/search-path.ts";
import { foundInNewConsole } from "../windows/user-path.ts";
import { ask } from "./ask.ts";
import { checkPowershell } from "./check-powershell.ts";
import { attempted, type Finding } from "./finding.ts";
import { filesOnPath } from "./on-path.ts";

/**
 * One Windows has up to four worlds with a `claude` in each: a console, PowerShell with its profiles, Git Bash, which takes PATH over
 * and puts its own in front, and WSL, which is a Linux with Windows' PATH at the end of its own.
 */
export async function checkWindows(context: Context, store: Store): Promise<readonly Finding[]> {
  if (context.platform === "win32") {
    const installed = { bin: installedIn(context, store) };
    return [
      ...attempted("PATH", () => checkNewConsole(context, installed, registry)),
      ...(await checkPowershell(context, installed)),
      ...(await checkGitBash(context, installed)),
    ];
  }
  if (!isWsl(context)) return [];
  const config = await readConfig(store).catch(() => undefined);
  return checkWsl(
    store,
    realClaude(() => findRealClaude(context, { config }).path),
  );
}

/** PATH of a console is made at its start, of the registry: this one may be older than the installation. */
export function checkNewConsole(
  context: Pick<Context, "env" | "executable">,
  installed: Pick<Store, "bin">,
  values: Registry,
): readonly Finding[] {
  const found = foundInNewConsole("claude", values, context.env);
  const check = "PATH";
  if (found !== undefined && isShim(found, context))
    return [
      { check, level: "ok", message: `a new console takes ${found} for claude, the shim`, path: found },
    ];
  const where = found === undefined ? "finds no claude" : `takes ${found} for claude, not the shim`;
  const message = `a new console ${where}: it picks no profile`;
  return [
    { check, level: "problem", message, hint: cureFor(found, installed), ...(found && { path: found }) },
  ];
}

function cureFor(found: string | undefined, { bin }: Pick<Store, "bin">): string {
  if (found !== undefined && /\\Microsoft\\WindowsApps\\/i.test(found)) {
    return `that is the desktop app: switch its alias off in Settings, Apps, App execution aliases, or put ${bin} before it`;
  }
  const first = `put ${bin} first on your PATH: rundll32 sysdm.cpl,EditEnvironmentVariables`;
  return found === undefined ? first : `${first}; what is on the machine's PATH comes before yours`;
}

/** Asked in a login shell, as its window is one; startup files there may put another directory first. */
async function checkGitBash(context: Context, installed: Pick<Store, "bin">): Promise<readonly Finding[]> {
  const bash = gitBash(context);
  if (bash === undefined) return [];
  const probe = 'p=$(type -P claude) && cygpath -w "$p"';
  const said = await ask({ argv: [bash, "-l", "-c", probe], env: context.env, cwd: context.home });
  return judgeGitBash(context, installed, said?.trim());
}

/** @param said the path that Git Bash gave, as Windows spells it; it may be without its `.exe` */
export function judgeGitBash(
  context: Pick<Context, "executable">,
  { bin }: Pick<Store, "bin">,
  said: string | undefined,
): readonly Finding[] {
  const check = "Git Bash";
  const path = [`${said}.exe`, said ?? ""].find((each) => said && isFile(each));
  if (path !== undefined && isShim(path, context))
    return [{ check, level: "ok", message: `in Git Bash, claude is ${path}, the shim`, path }];
  const found = said ? `${said}, not the shim` : "not found";
  return [
    {
      check,
      level: "problem",
      message: `in Git Bash, claude is ${found}`,
      hint: `as the last line of ~/.bashrc: export PATH="$(cygpath -u '${bin}'):$PATH"`,
    },
  ];
}

/** Beside the `git.exe` on PATH, else where its installer puts it. Never a bare `bash`: that of System32 starts WSL. */
function gitBash(context: Context): string | undefined {
  const { env } = context;
  const beside = filesOnPath("git", context).map((git) => win32.join(git, "..", ".."));
  const usual = [env["ProgramFiles"], win32.join(env["LOCALAPPDATA"] ?? "", "Programs")]
    .filter((root) => root !== undefined && win32.isAbsolute(root))
    .map((root) => win32.join(root ?? "", "Git"));
  return [...beside, ...usual].map((root) => win32.join(root, "bin", "bash.exe")).find(isFile);
}

function isWsl({
  platform,
  env,
}: {
  readonly platform: NodeJS.Platform;
  readonly env: Environment;
}): boolean {
  if (platform !== "linux") return false;
  if (env["WSL_DISTRO_NAME"]) return true;
  try {
    return /microsoft/i.test(readFileSync("/proc/sys/kernel/osrelease", "utf8"));
  } catch {
    return false;
  }
}

/** A claude of Windows is never found there; CLAUTH_CLAUDE or clauth.toml may name one. */
export function checkWsl({ root }: Pick<Store, "root">, claude: string | undefined): readonly Finding[] {
  const check = "WSL";
  const findings: Finding[] = [];
  if (isOnWindowsDrive(root)) {
    const message = `the store is on a drive of Windows: ${root}. Locks don't reach from one system to the other`;
    findings.push({
      check,
      level: "problem",
      message,
      hint: "unset CLAUTH_HOME: each system has a store of its own",
    });
  }
  if (claude !== undefined && isOnWindowsDrive(claude)) {
    const message = `the real claude is ${claude}, that of Windows, which reads another home directory`;
    const hint = "in WSL: npm install -g @anthropic-ai/claude-code";
    findings.push({ check, level: "problem", message, hint, path: claude });
  }
  if (findings.length > 0) return findings;
  const message = `profiles of this Linux are in ${root}; those of Windows, and of its consoles, are its own`;
  return [{ check, level: "ok", message }];
}

/** That there is none is said by another check. */
function realClaude(find: () => string): string | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

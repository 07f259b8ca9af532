import { usualPlaces } from "../claude-places.ts";
import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { realPath } from "../disk/real-path.ts";
import { isShim } from "../own-executable.ts";
import type { Store } from "../paths.ts";
import { findRealClaude } from "../real-claude.ts";
import { type Program, windowsProgram } from "../windows/program.ts";
import { windowsProgramNames } from "../windows/search-path.ts";
import { ask } from "./ask.ts";
import { type Finding, problemOf } from "./finding.ts";
import { filesIn, filesOnPath } from "./on-path.ts";

/**
 * The real Claude Code, with its version, and every other one on this machine: an older local installation, the native one
 * beside npm's. Of two versions one is kept up to date and the other used.
 */
export async function checkInstalls(context: Context, store: Store): Promise<readonly Finding[]> {
  // A clauth.toml that is not valid is said by another check.
  const config = await readConfig(store).catch(() => undefined);
  try {
    const { path, before, why } = findRealClaude(context, { config });
    const programs = [{ path, before }, ...othersThan(path, context)];
    const [version, ...versions] = await Promise.all(
      programs.map(async (each) => ({ path: each.path, version: await versionOf(context, each) })),
    );
    const used = version?.version;
    return [
      checkUsed({ path, before }, used, why),
      ...versions.filter((other) => other.version !== undefined && other.version !== used).map(unused),
    ];
  } catch (error) {
    return [problemOf("claude", error)];
  }
}

function checkUsed({ path, before }: Program, version: string | undefined, why: string): Finding {
  const program = [path, ...before].join(" ");
  const said = `the real claude is ${program}${version === undefined ? "" : `, ${version}`} (${why})`;
  const old = version !== undefined && Bun.semver.order(version, OLDEST_TRIED) < 0;
  if (!old) return { check: "claude", level: "ok", message: said, path };
  const message = `${said}: older than any that clauth was tried with (${OLDEST_TRIED})`;
  return { check: "claude", level: "warning", message, hint: "claude update", path };
}

const OLDEST_TRIED = "2.1.197";

function unused({ path, version }: { readonly path: string; readonly version: string | undefined }): Finding {
  return {
    check: "claude",
    level: "warning",
    message: `${path} is another Claude Code, ${version}, and is not used`,
    hint: `remove it if it is left over; to use it: claude = "${path}" as the first line of clauth.toml`,
    path,
  };
}

/** Each once, whatever links and batch files lead to it. */
function othersThan(used: string, context: Context): readonly Program[] {
  const seen = new Set([realPath(used)]);
  const names =
    context.platform === "win32" ? windowsProgramNames("claude", context.env["PATHEXT"]) : ["claude"];
  return [...filesOnPath("claude", context), ...filesIn(usualPlaces(context), names)]
    .filter((path) => !isShim(path, context))
    .map((path) => programAt(path, context))
    .filter((program) => program !== undefined)
    .filter(({ path }) => {
      if (seen.has(realPath(path)) || isShim(path, context)) return false;
      seen.add(realPath(path));
      return true;
    });
}

/** A batch file that is not understood, or leads to nothing, is no Claude Code. */
function programAt(path: string, { env, platform }: Context): Program | undefined {
  try {
    return platform === "win32" ? windowsProgram(path, env) : { path, before: [] };
  } catch {
    return undefined;
  }
}

/** As it says itself: "2.1.329 (Claude Code)". */
async function versionOf({ env, home }: Context, { path, before }: Program): Promise<string | undefined> {
  const said = await ask({ argv: [path, ...before, "--version"], env, cwd: home });
  return /^(\d+\.\d+\.\d+)\b/.exec(said ?? "")?.[1];
}

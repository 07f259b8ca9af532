import type { Context } from "../context.ts";
import { isDamaged } from "../disk/is-damaged.ts";
import { realPath } from "../disk/real-path.ts";
import { findOverrides, managedDirectories } from "../environment/overrides.ts";
import { overridesIn } from "../environment/settings-tier.ts";
import { claudeHomeOf } from "../paths.ts";
import type { Finding } from "./finding.ts";

/** What Claude Code reads besides a profile: `~/.claude`, and settings of this directory and of the machine that beat it. */
export function checkHome(context: Context): readonly Finding[] {
  const { json, legacyJson, settings } = claudeHomeOf(context.home);
  return [
    ...[json, legacyJson, settings].filter(isDamaged).map(damaged),
    ...identityKeys(settings),
    ...overrides(context),
  ];
}

function damaged(path: string): Finding {
  return {
    check: "~/.claude",
    level: "problem",
    message: `${path} is damaged: it is left as it is, and nothing of it reaches the profiles`,
    hint: "mend it; Claude Code keeps copies of .claude.json in ~/.claude/backups",
    path,
  };
}

/** They stay in `~/.claude` alone; started in the home directory a profile refuses to run beside them. */
function identityKeys(settings: string): readonly Finding[] {
  return overridesIn(settings, { keep: [], overlay: {} }).map(({ key, why }) => ({
    check: "~/.claude",
    level: "warning",
    message: `${key} in ${settings} decides the login of the untouched claude; profiles do not get it (${why})`,
    hint: `nothing where that is meant; else take ${key} out of it`,
    path: settings,
  }));
}

function overrides(context: Context): readonly Finding[] {
  const home = realPath(context.home);
  if (context.cwd === home) return [];
  const place = { cwd: context.cwd, home, managedDirs: managedDirectories(context.platform) };
  return findOverrides(place, { keep: [], overlay: {} }).map(({ file, key, why }) => ({
    check: "settings",
    level: "warning",
    message: `${key} in ${file} beats every profile (${why})`,
    hint: `take ${key} out of ${file}, or start claude in another directory`,
    path: file,
  }));
}

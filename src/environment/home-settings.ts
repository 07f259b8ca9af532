import type { Context } from "../context.ts";
import { realPath } from "../disk/real-path.ts";
import { ClauthError } from "../errors.ts";
import { join } from "../path.ts";
import { claudeHomeOf } from "../paths.ts";
import { overridesIn } from "./settings-tier.ts";

/**
 * In `$HOME` Claude Code reads `~/.claude/settings.json` and `settings.local.json` as the project's settings too, above
 * the tree's (trap 26, measured): identity keys there would beat the profile, and nothing in the environment can turn that off.
 * @param keep the profile's `keep_env`
 * @throws ClauthError `home_settings_win`
 */
export function refuseHomeSettings(context: Pick<Context, "cwd" | "home">, keep: readonly string[]): void {
  if (context.cwd !== realPath(context.home)) return;
  const { root } = claudeHomeOf(context.home);
  for (const name of ["settings.local.json", "settings.json"]) {
    const path = join(root, name);
    const keys = overridesIn(path, { keep, overlay: {} }).map(({ key }) => key);
    if (keys.length > 0) throw refused(path, keys);
  }
}

function refused(path: string, keys: readonly string[]): ClauthError {
  const names = keys.map((key) => JSON.stringify(key.replace(/^env\./, "")));
  return new ClauthError({
    kind: "home_settings_win",
    message: `in your home directory ${keys.join(", ")} of ${path} would beat the profile`,
    hint: `cd to another directory, take ${keys.length === 1 ? "it" : "them"} out of ${path}, or allow it in the profile's config.toml: keep_env = [${names.join(", ")}]`,
    path,
  });
}

import { realpathSync } from "node:fs";
import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { isIdentitySetting } from "../identity-keys.ts";
import { isObject, type JsonObject, parseJson } from "../json.ts";
import { claudeHomeOf } from "../paths.ts";

/**
 * In `$HOME` Claude Code reads `~/.claude/settings.json` as the project's settings too, above the tree's: identity keys there
 * would beat the profile, and nothing in the environment can turn that off.
 * @throws ClauthError `home_settings_win`
 */
export function refuseHomeSettings(context: Pick<Context, "cwd" | "home">, keep: readonly string[]): void {
  if (context.cwd !== realpathSync(context.home)) return;
  const path = claudeHomeOf(context.home).settings;
  const content = readRegularFile(path);
  const settings = content === undefined ? undefined : parseJson(content.bytes);
  const keys = isObject(settings) ? identityKeysIn(settings, keep) : [];
  if (keys.length === 0) return;
  throw new ClauthError({
    kind: "home_settings_win",
    message: `in your home directory ${keys.join(", ")} of ${path} would beat the profile`,
    hint: `cd to another directory, or take ${keys.length === 1 ? "it" : "them"} out of ${path}`,
    path,
  });
}

function identityKeysIn(settings: JsonObject, keep: readonly string[]): string[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    if (key !== "env" || !isObject(value)) return isIdentitySetting([key], keep) ? [key] : [];
    return Object.keys(value)
      .filter((name) => isIdentitySetting(["env", name], keep))
      .map((name) => `env.${name}`);
  });
}

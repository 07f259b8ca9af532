import { listDirectory } from "../disk/directory.ts";
import { existsSync } from "../fs.ts";
import type { JsonObject } from "../json.ts";
import { join } from "../path.ts";
import { localSettingsRoot } from "./local-settings-root.ts";
import { type Override, overridesIn } from "./settings-tier.ts";

/**
 * Finds what would beat the profile and can't be changed by us: project and managed settings, strongest first. For
 * naming alone (`which`, `doctor`), so a file that can't be read has none.
 *
 * Where Claude reads them was measured on 2.1.197 and 2.1.329: `.claude/settings.json` in the working directory alone,
 * never above it; `.claude/settings.local.json` there too, and by 2.1.329 also at the root of the git repository (of its
 * main checkout, from a worktree).
 * @param place.cwd the physical working directory; `home` with its symlinks resolved
 */
export function findOverrides(
  place: { readonly cwd: string; readonly home: string; readonly managedDirs: readonly string[] },
  profile: { readonly keep: readonly string[]; readonly overlay: JsonObject },
): Override[] {
  const files: string[] = [];
  for (const directory of place.managedDirs) files.push(...managedFiles(directory));
  files.push(...projectFiles(place));
  // In the home directory these are the user's own settings, and so is what they say to clauth.
  const steering = place.cwd !== place.home;
  const found: Override[] = [];
  for (const file of files) found.push(...overridesIn(file, { ...profile, steering }));
  return found;
}

/** The settings that come with a project, strongest first. */
export function projectFiles({ cwd, home }: { readonly cwd: string; readonly home: string }): string[] {
  const root = localSettingsRoot(cwd, home);
  const own = join(cwd, ".claude");
  const files = [join(own, "settings.local.json"), join(own, "settings.json")];
  return root === undefined || root === cwd
    ? files
    : [join(root, ".claude", "settings.local.json"), ...files];
}

/** Where an administrator's settings lie. */
export function managedDirectories(platform: NodeJS.Platform): readonly string[] {
  if (platform === "win32") return ["C:\\Program Files\\ClaudeCode"];
  if (platform === "darwin") return ["/Library/Application Support/ClaudeCode"];
  return ["/etc/claude-code"];
}

/** The drop-ins stand above the file, the last by name above the others; hidden ones are not read (measured). */
function managedFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const drops = join(directory, "managed-settings.d");
  const names = namesIn(drops).filter((name) => name.endsWith(".json") && !name.startsWith("."));
  const files = names.sort().map((name) => join(drops, name));
  return [...files.reverse(), join(directory, "managed-settings.json")];
}

function namesIn(directory: string): string[] {
  try {
    return listDirectory(directory);
  } catch {
    return [];
  }
}

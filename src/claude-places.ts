import type { Context } from "./context.ts";
import { isAbsolute, join, nodePath } from "./path.ts";
import { isOnWindowsDrive, windowsSearchPath } from "./windows/search-path.ts";

/**
 * A relative or empty entry means the working directory, where nothing may be run from. In WSL the claude of Windows' npm is
 * on PATH too, and would use the login of Windows' home: no variable of ours gets there.
 */
export function searchPath({ env, platform }: Pick<Context, "env" | "platform">): readonly string[] {
  const path = env["PATH"] ?? "";
  if (platform === "win32") return windowsSearchPath(path);
  const inWsl = Boolean(env["WSL_DISTRO_NAME"]);
  const directories: string[] = [];
  for (const directory of path.split(":"))
    if (isAbsolute(directory) && !(inWsl && isOnWindowsDrive(directory))) directories.push(directory);
  return directories;
}

/** Native installer, the older local one, npm's usual prefixes, and those of other package managers of the system. */
export function usualPlaces(context: Pick<Context, "env" | "home" | "platform">): readonly string[] {
  const { home, env, platform } = context;
  const { isAbsolute, join } = pathOf(platform);
  const below = (name: string, ...rest: string[]) => {
    const root = env[name];
    return root !== undefined && isAbsolute(root) ? [join(root, ...rest)] : [];
  };
  const inHome = [
    join(home, ".local", "bin"),
    join(home, ".claude", "local"),
    join(home, ".claude", "local", "node_modules", ".bin"),
  ];
  if (platform === "win32") {
    return [
      ...inHome,
      ...below("npm_config_prefix"),
      ...below("APPDATA", "npm"),
      ...below("LOCALAPPDATA", "Microsoft", "WinGet", "Links"),
      ...below("LOCALAPPDATA", "pnpm"),
      ...below("LOCALAPPDATA", "Volta", "bin"),
      join(home, "scoop", "shims"),
      join(home, ".bun", "bin"),
    ];
  }
  return [
    ...inHome,
    ...below("npm_config_prefix", "bin"),
    join(home, ".npm-global", "bin"),
    join(home, ".bun", "bin"),
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/usr/bin",
  ];
}

/** The path functions of a platform, which need not be this one. */
export function pathOf(platform: NodeJS.Platform): { isAbsolute: typeof isAbsolute; join: typeof join } {
  return platform === "win32" ? nodePath().win32 : { isAbsolute, join };
}

/**
 * The directories of a Windows PATH, as cmd reads it: split at semicolons but for those between quotes. Left out is what
 * depends on the working directory or its drive (`.`, `bin`, `C:bin`, `\bin`) or begins with a variable that is not set,
 * and where Windows keeps the aliases of store apps: the `Claude.exe` there is the desktop app
 * (github.com/anthropics/claude-code/issues/24903).
 */
export function windowsSearchPath(path: string): readonly string[] {
  return windowsPathEntries(path)
    .map((entry) => entry.replaceAll('"', "").trim())
    .filter((directory) => isFullWindowsPath(directory) && !APP_ALIASES.test(directory));
}

/** The entries of a Windows PATH in their own spelling, quotes included; joined by semicolons they are the PATH again. */
export function windowsPathEntries(path: string): readonly string[] {
  const entries: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at <= path.length; at += 1) {
    if (path[at] === '"') quoted = !quoted;
    if (at < path.length && (quoted || path[at] !== ";")) continue;
    entries.push(path.slice(start, at));
    start = at + 1;
  }
  return entries;
}

/** True for a path that means the same from every directory and drive. */
export function isFullWindowsPath(path: string): boolean {
  return /^(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/])/.test(path);
}

const APP_ALIASES = /[\\/]Microsoft[\\/]WindowsApps[\\/]*$/i;

/**
 * The files that the word `name` may mean in a directory, best first: what Windows itself starts before a batch file, each
 * kind in the order of PATHEXT. A `.ps1` or a script without extension is for one shell alone and has a `.cmd` beside it.
 */
export function windowsProgramNames(name: string, pathext: string | undefined): readonly string[] {
  const listed = (pathext || ".COM;.EXE;.BAT;.CMD").toLowerCase().split(";");
  const programs = listed.filter((extension) => /^\.(com|exe)$/.test(extension));
  const launchers = listed.filter(isLauncher);
  const started = programs.includes(".exe") ? programs : [...programs, ".exe"];
  return [...started, ...launchers].map((extension) => `${name}${extension}`);
}

/** True for a batch file, which only a shell can run. */
export function isLauncher(path: string): boolean {
  return /\.(cmd|bat)$/i.test(path);
}

/** True for a place on a drive of Windows, as WSL mounts them. Every file there may be executed. */
export function isOnWindowsDrive(path: string): boolean {
  return /^\/mnt\/[a-z](\/|$)/.test(path);
}

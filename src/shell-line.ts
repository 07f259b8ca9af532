/**
 * A path or a pattern as one word of a hint, for the shell that it is typed into: PowerShell on Windows, elsewhere one of POSIX.
 */
export function shellWord(text: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === "win32") return /^[\w.:\\/~+-]+$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
  return /^[\w./~@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The line that gives a file another ending, so that nothing finds it. */
export function movingAside(path: string, ending: string): string {
  return `mv ${shellWord(path)} ${shellWord(path + ending)}`;
}

/** The line that calls `claude` with a variable set. */
export function claudeWith(
  variable: string,
  value: string,
  platform: NodeJS.Platform = process.platform,
): string {
  return platform === "win32" ? `$env:${variable} = '${value}'; claude` : `${variable}=${value} claude`;
}

/** The line after which a variable is not set. */
export function unsetting(variable: string, platform: NodeJS.Platform = process.platform): string {
  return platform === "win32" ? `Remove-Item Env:${variable}` : `unset ${variable}`;
}

import { join, relative, resolve } from "node:path";
import { isDirectoryPattern, isRemotePattern, type Rule } from "../config/config.ts";
import type { Context } from "../context.ts";
import { isInside } from "../disk/real-path.ts";
import { normalRemote } from "../selection/git-remote.ts";
import { usageError } from "./command.ts";

/**
 * Reads a pattern as it was typed. One that starts with `/`, `~`, `.` or a drive is a directory, and is spelled below `~`
 * where it lies there; anything else is a git remote, whose URL is as good as `host/owner/repository`.
 * @throws ClauthError `usage`
 */
export function parsePattern(
  text: string,
  { cwd, home }: Pick<Context, "cwd" | "home">,
): Pick<Rule, "kind" | "pattern"> {
  if (/^([/~.]|[A-Za-z]:[\\/])/.test(text)) {
    const pattern = text.startsWith("~") ? text : belowHome(resolve(cwd, text), home);
    if (isDirectoryPattern(pattern)) return { kind: "directory", pattern };
  } else {
    const pattern = isRemotePattern(text) ? text : normalRemote(text);
    if (isRemotePattern(pattern)) return { kind: "remote", pattern };
  }
  throw usageError(
    "a pattern is a directory (/path, ~/path, ./path) or a git remote (github.com/owner/*)",
    "rule add",
  );
}

function belowHome(path: string, home: string): string {
  return isInside(path, home) ? join("~", relative(home, path)) : path;
}

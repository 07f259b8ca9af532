import { readRegularFile } from "../disk/read-file.ts";
import { statSync } from "../fs.ts";
import { basename, dirname, join, resolve } from "../path.ts";

/**
 * The directory whose `.claude/settings.local.json` Claude Code 2.1.329 reads from anywhere in a git repository: its
 * root, of a worktree that of the main checkout, of a submodule its own. Not the home directory, where it does not look
 * from below. Undefined outside of any repository. (Each case was tried; 2.1.197 looks in the working directory alone.)
 */
export function localSettingsRoot(cwd: string, home: string): string | undefined {
  for (let directory = cwd; ; directory = dirname(directory)) {
    const root = rootAt(directory);
    if (root !== undefined) return root === home && cwd !== home ? undefined : root;
    if (dirname(directory) === directory) return undefined;
  }
}

function rootAt(directory: string): string | undefined {
  const dotGit = join(directory, ".git");
  const kind = kindOf(dotGit);
  if (kind !== "file") return kind === "directory" ? directory : undefined;
  const pointed = /^gitdir: ([^\r\n]+)/.exec(readText(dotGit))?.[1];
  const common = pointed === undefined ? "" : readText(join(resolve(directory, pointed), "commondir")).trim();
  if (pointed === undefined || common === "") return directory;
  const shared = resolve(directory, pointed, common);
  return basename(shared) === ".git" ? dirname(shared) : directory;
}

function kindOf(path: string): "directory" | "file" | "nothing" {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? "nothing" : stats.isDirectory() ? "directory" : "file";
  } catch {
    return "nothing";
  }
}

function readText(path: string): string {
  try {
    return new TextDecoder().decode(
      readRegularFile(path, { maxBytes: 64 * 1024 })?.bytes ?? new Uint8Array(),
    );
  } catch {
    return "";
  }
}

import { dirname, join } from "node:path";
import { ensureDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { equalBytes } from "../disk/write-file.ts";
import { errnoOf } from "../errors.ts";
import { copyNew } from "../tree/copy-new.ts";
import { entryKind } from "../tree/entries.ts";

export type AdoptedHistory = {
  /** Conversations that are in claude home now and were not before. */
  readonly conversations: number;
  /** Files that claude home has with another content, relative to the directory: left alone. */
  readonly differing: readonly string[];
  /** What else of the directory is its own and would be shared, with a slash behind directories: left alone. */
  readonly left: readonly string[];
};

/**
 * Gives the conversations of a config directory to claude home, so that every profile can resume them. Nothing is overwritten
 * and nothing taken away: each file gets a second name, or is copied where that can't be. Links are not followed.
 */
export function adoptHistory(directory: string, claudeHome: string): AdoptedHistory {
  const brought = HISTORY.flatMap((name) => bring(directory, claudeHome, name));
  const names = disk.listEntries(directory).filter((entry) => !entry.isSymbolicLink());
  return {
    conversations: brought.filter(({ how, name }) => how === "brought" && isConversation(name)).length,
    differing: brought.filter(({ how }) => how === "differs").map(({ name }) => name),
    left: names
      .filter(({ name }) => !HISTORY.includes(name) && isOwn(directory, name))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort(),
  };
}

/** How many conversations a config directory has of its own. */
export function conversationsIn(directory: string): number {
  return filesBelow(directory, "projects").filter(isConversation).length;
}

/** What belongs to conversations: the transcripts, and what resuming and rewinding them needs. */
const HISTORY: readonly string[] = ["projects", "todos", "tasks", "plans", "file-history", "paste-cache"];

/** `projects/<directory>/<session>.jsonl`; those deeper down are of its agents. */
function isConversation(name: string): boolean {
  return /^projects\/[^/]+\/[^/]+\.jsonl$/.test(name);
}

/** What a user wrote or chose, and what would be shared if it lay in claude home. */
function isOwn(directory: string, name: string): boolean {
  if (name === "settings.json") return true;
  if (!USERS_OWN.includes(name) || entryKind(name, []) !== "shared") return false;
  const path = join(directory, name);
  return disk.stat(path).isDirectory() ? disk.list(path).length > 0 : disk.stat(path).size > 0n;
}

const USERS_OWN: readonly string[] = [
  "CLAUDE.md",
  "agents",
  "commands",
  "hooks",
  "keybindings.json",
  "output-styles",
  "plugins",
  "rules",
  "skills",
  "history.jsonl",
];

type Brought = { readonly name: string; readonly how: "brought" | "there" | "differs" };

function bring(directory: string, claudeHome: string, top: string): Brought[] {
  return filesBelow(directory, top).map((name) => ({
    name,
    how: bringFile(join(directory, name), join(claudeHome, name)),
  }));
}

function bringFile(from: string, to: string): Brought["how"] {
  ensureDirectory(dirname(to));
  try {
    copyNew(from, to);
    return "brought";
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
  const [ours, theirs] = [readRegularFile(from), readRegularFile(to)];
  return ours !== undefined && theirs !== undefined && equalBytes(ours.bytes, theirs.bytes)
    ? "there"
    : "differs";
}

/** Every regular file, as a path relative to `directory`. */
function filesBelow(directory: string, name: string): string[] {
  if (disk.lstatIfThere(join(directory, name))?.isDirectory() !== true) return [];
  return disk.listEntries(join(directory, name)).flatMap((entry) => {
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(directory, path);
    return entry.isFile() && !entry.name.endsWith(".lock") ? [path] : [];
  });
}

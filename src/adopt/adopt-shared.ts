import { dirname, join } from "node:path";
import { ensureDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError, errnoOf } from "../errors.ts";
import { copyNew } from "../tree/copy-new.ts";
import { keepBothTails } from "../tree/jsonl-tails.ts";

export type AdoptedShared = {
  /** Conversations that are in claude home now and were not before. */
  readonly conversations: number;
  /** What else is there now and was not: "skills/review", "agents/tester.md". */
  readonly brought: readonly string[];
  /** What claude home has with another content, relative to the directory: left alone. */
  readonly differing: readonly string[];
  /** What would change every profile if it lay in claude home, with a slash behind directories: left alone. */
  readonly left: readonly string[];
};

/**
 * Gives to claude home, and so to every profile, what a config directory has and what there only adds: conversations, and what is
 * called by a name of its own. Nothing is overwritten and nothing taken away: each file gets a second name, or is copied where
 * that can't be. Links are not followed.
 */
export function adoptShared(directory: string, claudeHome: string): AdoptedShared {
  ensureDirectory(claudeHome);
  const history = HISTORY.flatMap((name) => bring(directory, claudeHome, filesBelow(directory, name)));
  const named = NAMED.flatMap((name) => bring(directory, claudeHome, filesBelow(directory, name)));
  const skills = entriesOf(directory, "skills").map((skill) => bringWhole(directory, claudeHome, skill));
  const all = [...history, ...named, ...skills];
  const prompts = bringPrompts(directory, claudeHome);
  return {
    conversations: history.filter(({ how, name }) => how === "brought" && isConversation(name)).length,
    brought: [...named, ...skills].filter(({ how }) => how === "brought").map(({ name }) => name),
    differing: all.filter(({ how }) => how === "differs").map(({ name }) => name),
    left: [...leftIn(directory), ...(prompts === "left" ? [PROMPTS] : [])],
  };
}

/** How many conversations a config directory has of its own. */
export function conversationsIn(directory: string): number {
  return filesBelow(directory, "projects").filter(isConversation).length;
}

/** What belongs to conversations: the transcripts, and what resuming and rewinding them needs. */
const HISTORY: readonly string[] = ["projects", "todos", "tasks", "plans", "file-history", "paste-cache"];

/** Each file of these is used by its own name, and is of no effect before. */
const NAMED: readonly string[] = ["agents", "commands", "output-styles"];

/** What would change what every other profile does; plugins and hooks are named elsewhere by their paths. */
const LEFT: readonly string[] = [
  "CLAUDE.md",
  "hooks",
  "keybindings.json",
  "plugins",
  "rules",
  "settings.json",
];

/** `projects/<directory>/<session>.jsonl`; those deeper down are of its agents. */
function isConversation(name: string): boolean {
  return /^projects\/[^/]+\/[^/]+\.jsonl$/.test(name);
}

function leftIn(directory: string): string[] {
  return disk
    .listEntries(directory)
    .filter(({ name }) => LEFT.includes(name) && hasContent(join(directory, name)))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort();
}

function hasContent(path: string): boolean {
  const stat = disk.lstatIfThere(path);
  if (stat === undefined || stat.isSymbolicLink()) return false;
  return stat.isDirectory() ? disk.list(path).length > 0 : stat.size > 0n;
}

type Brought = { readonly name: string; readonly how: "brought" | "there" | "differs" };

function bring(directory: string, claudeHome: string, names: readonly string[]): Brought[] {
  return names.map((name) => ({ name, how: bringFile(join(directory, name), join(claudeHome, name)) }));
}

/** A skill is several files that belong together: all of them or none. */
function bringWhole(directory: string, claudeHome: string, name: string): Brought {
  const files = filesBelow(directory, name);
  if (disk.lstatIfThere(join(claudeHome, name)) === undefined) {
    bring(directory, claudeHome, files);
    return { name, how: "brought" };
  }
  const same = files.every((file) => isSame(join(directory, file), join(claudeHome, file)));
  return { name, how: same ? "there" : "differs" };
}

function bringFile(from: string, to: string): Brought["how"] {
  ensureDirectory(dirname(to));
  try {
    copyNew(from, to);
    return "brought";
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
  return isSame(from, to) ? "there" : "differs";
}

function isSame(from: string, to: string): boolean {
  const [ours, theirs] = [readRegularFile(from), readRegularFile(to)];
  return ours !== undefined && theirs !== undefined && equalBytes(ours.bytes, theirs.bytes);
}

/** What was typed, for the arrow keys. A claude that appends to it in that very moment is in the right. */
const PROMPTS = "history.jsonl";

function bringPrompts(directory: string, claudeHome: string): "brought" | "left" {
  const from = readRegularFile(join(directory, PROMPTS))?.bytes ?? new Uint8Array();
  const path = join(claudeHome, PROMPTS);
  const to = readRegularFile(path);
  const bytes = keepBothTails(to?.bytes ?? new Uint8Array(), from);
  if (bytes.length === (to?.bytes.length ?? 0)) return "brought";
  try {
    writeFileAtomic(path, bytes, { mode: 0o600, keepMode: true, expect: to ?? "absent" });
    return "brought";
  } catch (error) {
    if (error instanceof ClauthError && error.retrySafe) return "left";
    throw error;
  }
}

/** The entries of a directory, as paths relative to `directory`. */
function entriesOf(directory: string, name: string): string[] {
  if (disk.lstatIfThere(join(directory, name))?.isDirectory() !== true) return [];
  return disk
    .listEntries(join(directory, name))
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => `${name}/${entry.name}`);
}

/** Every regular file, as a path relative to `directory`. */
function filesBelow(directory: string, name: string): string[] {
  const stat = disk.lstatIfThere(join(directory, name));
  if (stat?.isFile()) return [name];
  if (stat?.isDirectory() !== true) return [];
  return disk.listEntries(join(directory, name)).flatMap((entry) => {
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(directory, path);
    return entry.isFile() && !entry.name.endsWith(".lock") ? [path] : [];
  });
}

import { dirname, join } from "node:path";
import { ensureDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError, errnoOf } from "../errors.ts";
import type { Stats } from "../fs.ts";
import { copyNew } from "../tree/copy-new.ts";
import { sameInode } from "../tree/inspect.ts";
import { keepBothTails } from "../tree/jsonl-tails.ts";
import { entriesOf, type Found, foundAt } from "./found-entries.ts";

export type AdoptedShared = {
  /** Conversations that are in claude home now and were not before. */
  readonly conversations: number;
  /** What else is there now and was not: "skills/review", "agents/tester.md". */
  readonly brought: readonly string[];
  /** What claude home has with another content, relative to the directory: left alone. */
  readonly differing: readonly string[];
  /** What would change every profile if it lay in claude home, and what can't be brought; with a slash behind directories. */
  readonly left: readonly string[];
};

/**
 * Gives to claude home, and so to every profile, what a config directory has and what there only adds: conversations, and what is
 * called by a name of its own. Nothing is overwritten and nothing taken away: each file gets a second name, or is copied where
 * that can't be. Links are not followed. One bad entry never stops the others (trap 33).
 */
export function adoptShared(directory: string, claudeHome: string): AdoptedShared {
  ensureDirectory(claudeHome);
  const sides = { directory, claudeHome };
  const history = HISTORY.flatMap((name) => bring(sides, foundAt(directory, name)));
  const named = NAMED.flatMap((name) => bring(sides, foundAt(directory, name)));
  const skills = bringSkills(sides);
  const all = [...history, ...named, ...skills];
  const prompts = bringPrompts(directory, claudeHome);
  return {
    conversations: history.filter(({ how, name }) => how === "brought" && isConversation(name)).length,
    brought: [...named, ...skills].filter(({ how }) => how === "brought").map(({ name }) => name),
    differing: all.filter(({ how }) => how === "differs").map(({ name }) => name),
    left: [
      ...all
        .filter(({ how }) => how === "left")
        .map(({ name }) => name)
        .sort(),
      ...leftIn(directory),
      ...(prompts === "left" ? [PROMPTS] : []),
    ],
  };
}

/** How many conversations a config directory has of its own. */
export function conversationsIn(directory: string): number {
  return foundAt(directory, "projects").filter(({ type, name }) => type === "file" && isConversation(name))
    .length;
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

/** What can't be looked into has some. */
function hasContent(path: string): boolean {
  try {
    const stat = disk.lstatIfThere(path);
    if (stat === undefined || stat.isSymbolicLink()) return false;
    return stat.isDirectory() ? disk.list(path).length > 0 : stat.size > 0n;
  } catch {
    return true;
  }
}

type Sides = { readonly directory: string; readonly claudeHome: string };

type Brought = { readonly name: string; readonly how: "brought" | "there" | "differs" | "left" };

function bring(sides: Sides, entries: readonly Found[]): Brought[] {
  return entries.flatMap(({ name, type }) => {
    if (type === "file") return [{ name, how: bringFile(sides, name) }];
    return leadsThere(sides, name) ? [] : [{ name, how: "left" }];
  });
}

/** A skill is several files that belong together: all of them or none. */
function bringSkills(sides: Sides): Brought[] {
  const inside = entriesOf(sides.directory, SKILLS);
  if (inside === undefined) return bring(sides, foundAt(sides.directory, SKILLS));
  return inside.flatMap((entry) => {
    const name = `${SKILLS}/${entry.name}`;
    return entry.isSymbolicLink() ? bring(sides, [{ name, type: "other" }]) : [bringWhole(sides, name)];
  });
}

const SKILLS = "skills";

function bringWhole(sides: Sides, name: string): Brought {
  const found = foundAt(sides.directory, name);
  if (disk.lstatIfThere(join(sides.claudeHome, name)) !== undefined) {
    const same = found.every((entry) => entry.type === "file" && isThere(sides, entry.name));
    return { name, how: same ? "there" : "differs" };
  }
  const whole =
    found.every(({ type }) => type === "file") && bring(sides, found).every(({ how }) => how !== "left");
  return { name, how: whole ? "brought" : "left" };
}

function bringFile(sides: Sides, name: string): Brought["how"] {
  const to = join(sides.claudeHome, name);
  try {
    ensureDirectory(dirname(to));
    copyNew(join(sides.directory, name), to);
    return "brought";
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") return "left";
  }
  return isThere(sides, name) ? "there" : "differs";
}

/** What can't be read is not known to be there. */
function isThere({ directory, claudeHome }: Sides, name: string): boolean {
  try {
    return isSame(join(directory, name), join(claudeHome, name));
  } catch {
    return false;
  }
}

/** True for a link that shares claude home's own entry already, as others set their directories up. */
function leadsThere({ directory, claudeHome }: Sides, name: string): boolean {
  const [ours, theirs] = [statOf(join(directory, name)), statOf(join(claudeHome, name))];
  return ours !== undefined && theirs !== undefined && sameInode(ours, theirs);
}

function statOf(path: string): Stats | undefined {
  try {
    return disk.stat(path);
  } catch {
    return undefined;
  }
}

function isSame(from: string, to: string): boolean {
  const [ours, theirs] = [readRegularFile(from), readRegularFile(to)];
  return ours !== undefined && theirs !== undefined && equalBytes(ours.bytes, theirs.bytes);
}

/** What was typed, for the arrow keys. A claude that appends to it in that very moment is in the right. */
const PROMPTS = "history.jsonl";

function bringPrompts(directory: string, claudeHome: string): "brought" | "left" {
  const path = join(claudeHome, PROMPTS);
  try {
    const from = readRegularFile(join(directory, PROMPTS))?.bytes ?? new Uint8Array();
    const to = readRegularFile(path);
    const bytes = keepBothTails(to?.bytes ?? new Uint8Array(), from);
    if (bytes.length > (to?.bytes.length ?? 0))
      writeFileAtomic(path, bytes, { mode: 0o600, keepMode: true, expect: to ?? "absent" });
    return "brought";
  } catch (error) {
    if (error instanceof ClauthError) return "left";
    throw error;
  }
}

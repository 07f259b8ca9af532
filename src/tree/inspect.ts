import { disk } from "../disk/disk.ts";
import { errnoOf } from "../errors.ts";
import { NOT_UTF8 } from "../fs/linux.ts";
import type { Dirent, Stats } from "../fs.ts";
import { SPLIT_DIRECTORY } from "./odd-entries.ts";

/** Both roots as they stand now, entry by entry. What could not be read is said, never guessed. */
export type TreeFacts = { readonly home: RootFacts; readonly tree: RootFacts };

export type RootFacts = {
  /** The root as it is spelled: the prefix of every link's text. */
  readonly path: string;
  /** The same with every symlink resolved. */
  readonly realPath: string;
  readonly state: "present" | "missing" | "unreadable";
  /** Undefined where the root is not present. Symlinks are followed: `~/.claude` may lead into a dotfiles repository. */
  readonly identity: Identity | undefined;
  /** By name relative to the root; entries of a split directory as "state/x". */
  readonly entries: ReadonlyMap<string, Entry>;
};

export type Identity = { readonly dev: bigint; readonly ino: bigint };

export type Entry =
  | { readonly type: "file"; readonly stat: FileFacts }
  | { readonly type: "directory" }
  /** `file` is what the link leads to where that is a regular file; `leads` says what it leads to at all. */
  | { readonly type: "link"; readonly text: string; readonly leads: Leads; readonly file?: FileFacts }
  /** A FIFO, a socket, a device: left alone. */
  | { readonly type: "other" }
  | { readonly type: "unreadable"; readonly why: string };

/** "unasked" where nothing depends on it: links of the tree are judged by their text alone. */
export type Leads = "file" | "directory" | "nowhere" | "elsewhere" | "unasked";

export type FileFacts = Identity & { readonly size: bigint; readonly mtimeNs: bigint };

/** Reads claude home and the runtime tree: one readdir each, then lstat of files and readlink of links alone. */
export function inspectTree(home: { readonly root: string }, paths: { readonly runtime: string }): TreeFacts {
  return { home: inspectRoot(home.root, homeEntry), tree: inspectRoot(paths.runtime, treeEntry) };
}

type ReadEntry = (path: string, entry: Dirent) => Entry;

function inspectRoot(path: string, read: ReadEntry): RootFacts {
  const entries = new Map<string, Entry>();
  try {
    const stat = disk.stat(path);
    addEntries(entries, path, "", read);
    if (leadsToDirectory(entries.get(SPLIT_DIRECTORY))) addSplitEntries(entries, path, read);
    const identity = { dev: stat.dev, ino: stat.ino };
    return { path, realPath: disk.realpath(path), state: "present", identity, entries };
  } catch (error) {
    const state = errnoOf(error) === "ENOENT" ? "missing" : "unreadable";
    return { path, realPath: path, state, identity: undefined, entries: new Map() };
  }
}

/** True for a directory, or a link of claude home to one. */
export function leadsToDirectory(entry: Entry | undefined): boolean {
  return entry?.type === "directory" || (entry?.type === "link" && entry.leads === "directory");
}

function addEntries(into: Map<string, Entry>, directory: string, prefix: string, read: ReadEntry): void {
  for (const entry of disk.listEntries(directory)) {
    const found = readSafely(`${directory}/${entry.name}`, entry, read);
    if (found !== undefined) into.set(prefix + entry.name, found);
  }
}

/** Were it to fail the whole root, one closed directory would cost every link. */
function addSplitEntries(into: Map<string, Entry>, root: string, read: ReadEntry): void {
  try {
    addEntries(into, `${root}/${SPLIT_DIRECTORY}`, `${SPLIT_DIRECTORY}/`, read);
  } catch (error) {
    into.set(SPLIT_DIRECTORY, { type: "unreadable", why: unreadableBecause(error) });
  }
}

/** One bad entry never fails the rest (trap 33). One that vanished since the readdir is not there. */
function readSafely(path: string, entry: Dirent, read: ReadEntry): Entry | undefined {
  try {
    return read(path, entry);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== "ENOENT") return { type: "unreadable", why: unreadableBecause(error) };
    // Bun decodes bytes that are not UTF-8 as U+FFFD, and then no such file exists (measured on 1.4.5).
    return entry.name.includes(NOT_UTF8)
      ? { type: "unreadable", why: "its name is not valid UTF-8" }
      : undefined;
  }
}

function unreadableBecause(error: unknown): string {
  return errnoOf(error) === "EACCES" ? "permission denied" : "it can't be read";
}

function treeEntry(path: string, entry: Dirent): Entry {
  if (entry.isSymbolicLink()) return { type: "link", text: disk.readlink(path), leads: "unasked" };
  return plainEntry(path, entry);
}

function homeEntry(path: string, entry: Dirent): Entry {
  if (!entry.isSymbolicLink()) return plainEntry(path, entry);
  const text = disk.readlink(path);
  try {
    const stat = disk.stat(path);
    if (stat.isFile()) return { type: "link", text, leads: "file", file: factsOf(stat) };
    return { type: "link", text, leads: stat.isDirectory() ? "directory" : "elsewhere" };
  } catch (error) {
    // ELOOP and a target in a directory that can't be entered: home has it so, and so has the tree.
    return { type: "link", text, leads: errnoOf(error) === "ENOENT" ? "nowhere" : "elsewhere" };
  }
}

function plainEntry(path: string, entry: Dirent): Entry {
  if (entry.isDirectory()) return { type: "directory" };
  if (entry.isFile()) return { type: "file", stat: factsOf(disk.lstat(path)) };
  return { type: "other" };
}

function factsOf(stat: Stats): FileFacts {
  return { dev: stat.dev, ino: stat.ino, size: stat.size, mtimeNs: stat.mtimeNs };
}

export function sameInode(a: Identity, b: Identity): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

export function sameFileFacts(a: FileFacts, b: FileFacts): boolean {
  return sameInode(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

import { SPLIT_DIRECTORY } from "./odd-entries.ts";

/**
 * What every name in a config directory is to a runtime tree. Names are relative to the root; only entries of a
 * `split` directory have a slash in theirs.
 */
export type EntryKind =
  /** A link to the entry of the same name in claude home. */
  | "shared"
  /** A real directory in the tree whose entries are judged one by one. */
  | "split"
  /** A document that reconcile keeps equal; the tree's plan neither links nor touches it. */
  | "reconciled"
  /** The profile's own: never linked, never carried to claude home. */
  | "private"
  /** A lock or a file in flight: gone in a moment, left alone on both sides. */
  | "transient";

/** The names of `isolate` in a profile's config.toml, or "all" for a fully separate profile. */
export type Isolation = readonly string[] | "all";

/** What `name` is to a tree with this isolation. Unknown names are shared: Claude Code adds some with every release. */
export function entryKind(name: string, isolate: Isolation): EntryKind {
  if (FIXED.reconciled.has(name)) return "reconciled";
  if (KNOWN_SHARED.has(name) && name !== SPLIT_DIRECTORY) {
    return isIsolated(name, isolate) ? "private" : "shared";
  }
  if (isTransient(name)) return "transient";
  if (isPrivate(name)) return "private";
  if (isIsolated(name, isolate)) return "private";
  return name === SPLIT_DIRECTORY ? "split" : "shared";
}

/**
 * Directories of claude home that are made before a tree links them, so that Claude Code never makes its own in
 * the tree first. `ide/` leads: editor plugins look for it in claude home alone, and Claude Code writes
 * `$CLAUDE_CONFIG_DIR/ide/*.lock` the moment it starts.
 */
export const SHARED_DIRECTORIES = [
  "ide",
  "projects",
  "plugins",
  "todos",
  "sessions",
  "session-env",
  "shell-snapshots",
  "file-history",
  "agents",
  "commands",
  "skills",
] as const;

/** Made empty in claude home for the same reason. */
export const SHARED_FILES = ["history.jsonl"] as const;

/**
 * More names that are shared: `.last-cleanup` was seen with Claude Code 2.1.197 and 2.1.329, the rest are the user's own
 * files and directories that its documentation names, or caches that belong to no account.
 */
const OTHER_SHARED = [
  ".last-cleanup",
  "CLAUDE.md",
  "keybindings.json",
  "settings.local.json",
  "cache",
  "debug",
  "hooks",
  "output-styles",
  "paste-cache",
  "plans",
  "rules",
  "state",
  "statsig",
  "tasks",
  "teams",
  "themes",
  "workflows",
] as const;

/** True where some list here names it, so that a test can tell a name of a new Claude Code from the ones judged. */
export function isKnownEntry(name: string): boolean {
  return entryKind(name, []) !== "shared" || KNOWN_SHARED.has(name);
}

const KNOWN_SHARED: ReadonlySet<string> = new Set([...SHARED_DIRECTORIES, ...SHARED_FILES, ...OTHER_SHARED]);

const FIXED = {
  reconciled: new Set([".credentials.json", ".claude.json", "settings.json"]),
  private: new Set([
    // Copies of .claude.json, the account's e-mail and ids inside.
    "backups",
    // A legacy name that Claude Code prefers to .claude.json: in a tree it would bring home's account.
    ".config.json",
    // Background jobs pin the config directory that they belong to.
    "jobs",
    // Written by login and removed by logout.
    "state/hybrid-settings.json",
    "remote-settings-helper-consent",
    // Which MCP servers this account still has to log in to.
    "mcp-needs-auth-cache.json",
    // Events in flight, labelled with the account.
    "telemetry",
    // Our own mark of which tree this is.
    ".clauth-tree",
  ]),
} as const;

/** True for a lock of one config directory (proper-lockfile's are directories) and for a temporary file. */
export function isTransient(name: string): boolean {
  return name.endsWith(".lock") || name.endsWith(".lock.owner") || isTemporary(name);
}

/**
 * True for a temporary file as Claude Code, Rust clauth and we name them: "x.tmp", "x.tmp.<pid>.<hex>". Compared as text: this
 * runs for every name before every start, and the first use of a regular expression alone costs more than all of it (measured
 * with Bun 1.4.5).
 */
export function isTemporary(name: string): boolean {
  if (name.endsWith(".tmp")) return true;
  return name.includes(".tmp.") && /\.tmp\.[0-9a-f.]+$/.test(name);
}

function isPrivate(name: string): boolean {
  if (FIXED.private.has(name) || name.endsWith(".key")) return true;
  return PRIVATE_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** The daemon of one config directory (control key, auth tokens); settings and limits of one organisation. */
const PRIVATE_PREFIXES = ["daemon", "remote-settings.json", "policy-limits.json"] as const;

/** True where a profile with this isolation does not share `name`. */
export function isIsolated(name: string, isolate: Isolation): boolean {
  return isolate === "all" || isolate.includes(firstSegment(name));
}

function firstSegment(name: string): string {
  const slash = name.indexOf("/");
  return slash === -1 ? name : name.slice(0, slash);
}

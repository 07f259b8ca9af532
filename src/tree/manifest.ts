import { readRegularFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { isObject, type Json, type JsonObject, objectFrom, ownValue, parseJson } from "../json.ts";
import { join } from "../path.ts";
import { isLinkMode } from "./forced-mode.ts";
import {
  type FileFacts,
  type Identity,
  type RootFacts,
  sameFileFacts,
  sameInode,
  type TreeFacts,
} from "./inspect.ts";
import type { ModeChoice } from "./link-mode.ts";

/** What a tree was built from, kept in `base/manifest.json`. */
export type Manifest = ModeChoice & {
  /** Claude home as its links are spelled, and which directory that was. */
  readonly home: Identity & { readonly path: string };
  readonly tree: Identity;
  /** The files of claude home that were linked, as they were then. */
  readonly entries: ReadonlyMap<string, FileFacts>;
  /** Files of claude home that were seen to hold no path into the tree, as they were then. */
  readonly leakFree: ReadonlyMap<string, FileFacts>;
};

/** The manifest of a profile; undefined where it is missing or damaged, which makes every judgement the careful one. */
export function readManifest(paths: { readonly base: string }): Manifest | undefined {
  const content = readRegularFile(manifestPath(paths), { maxBytes: 4_000_000 });
  return content === undefined ? undefined : parseManifest(parseJson(content.bytes));
}

/** Writes it, unless the same is there already. */
export function writeManifest(paths: { readonly base: string }, manifest: Manifest): void {
  const text = `${JSON.stringify(toJson(manifest))}\n`;
  writeFileAtomic(manifestPath(paths), new TextEncoder().encode(text), { mode: 0o600 });
}

/**
 * The manifest that describes `facts`. A name that is no link now (a conflict that waits) keeps what the old
 * manifest said of it, so that the conflict is still judged by the moment of linking.
 */
export function manifestOf(
  facts: TreeFacts,
  {
    mode,
    forced,
    leakFree,
    old,
  }: Pick<Manifest, "mode" | "forced" | "leakFree"> & { readonly old: Manifest | undefined },
): Manifest | undefined {
  if (facts.home.identity === undefined || facts.tree.identity === undefined) return old;
  const entries = new Map<string, FileFacts>();
  const kept = old !== undefined && knowsRoots(old, facts) ? old.entries : new Map<string, FileFacts>();
  for (const [name, entry] of facts.tree.entries) {
    const known = entry.type === "link" ? linkedFile(facts.home, name, entry.text) : kept.get(name);
    if (known !== undefined) entries.set(name, known);
  }
  return {
    mode,
    forced,
    home: { path: facts.home.path, ...facts.home.identity },
    tree: facts.tree.identity,
    entries,
    leakFree,
  };
}

/** True where both roots are still the directories that the manifest was made of (a restored backup is not). */
export function knowsRoots(manifest: Manifest, facts: TreeFacts): boolean {
  return (
    facts.home.identity !== undefined &&
    facts.tree.identity !== undefined &&
    sameInode(manifest.home, facts.home.identity) &&
    sameInode(manifest.tree, facts.tree.identity)
  );
}

/**
 * True where `old` should be replaced by `now`. A `.jsonl` that merely grew does not count: its conflicts keep both
 * tails whatever the manifest says, and history.jsonl grows with every prompt.
 */
export function outdated(old: Manifest | undefined, now: Manifest): boolean {
  if (old === undefined || old.mode !== now.mode || old.forced !== now.forced) return true;
  if (old.home.path !== now.home.path) return true;
  if (!sameInode(old.home, now.home) || !sameInode(old.tree, now.tree)) return true;
  return differ(old.entries, now.entries) || differ(old.leakFree, now.leakFree);
}

function differ(old: ReadonlyMap<string, FileFacts>, now: ReadonlyMap<string, FileFacts>): boolean {
  if (old.size !== now.size) return true;
  return [...now].some(([name, facts]) => {
    const before = old.get(name);
    return before === undefined || !(name.endsWith(".jsonl") || sameFileFacts(before, facts));
  });
}

function linkedFile(home: RootFacts, name: string, text: string): FileFacts | undefined {
  if (text !== `${home.path}/${name}`) return undefined;
  const entry = home.entries.get(name);
  if (entry?.type === "file") return entry.stat;
  return entry?.type === "link" ? entry.file : undefined;
}

function manifestPath(paths: { readonly base: string }): string {
  return join(paths.base, "manifest.json");
}

/** 64-bit numbers go as decimal strings: an inode of btrfs, ZFS or NTFS does not fit into a JSON number. */
function toJson(manifest: Manifest): JsonObject {
  return {
    version: 1,
    mode: manifest.mode,
    ...(manifest.forced && { forced: true }),
    home: { path: manifest.home.path, ...identityJson(manifest.home) },
    tree: identityJson(manifest.tree),
    entries: filesJson(manifest.entries),
    leakFree: filesJson(manifest.leakFree),
  };
}

function filesJson(files: ReadonlyMap<string, FileFacts>): JsonObject {
  return objectFrom([...files].map(([name, facts]) => [name, factsJson(facts)] as const));
}

function identityJson(identity: Identity): JsonObject {
  return { dev: String(identity.dev), ino: String(identity.ino) };
}

function factsJson(facts: FileFacts): JsonObject {
  return { ...identityJson(facts), size: String(facts.size), mtimeNs: String(facts.mtimeNs) };
}

function parseManifest(json: Json | undefined): Manifest | undefined {
  if (!isObject(json) || ownValue(json, "version") !== 1) return undefined;
  const mode = ownValue(json, "mode");
  const home = ownValue(json, "home");
  const homeIdentity = parseIdentity(home);
  const tree = parseIdentity(ownValue(json, "tree"));
  const path = isObject(home) ? ownValue(home, "path") : undefined;
  if (!isLinkMode(mode) || typeof path !== "string") return undefined;
  if (homeIdentity === undefined || tree === undefined) return undefined;
  const entries = parseFiles(ownValue(json, "entries"));
  return {
    mode,
    forced: ownValue(json, "forced") === true,
    home: { path, ...homeIdentity },
    tree,
    entries,
    leakFree: parseFiles(ownValue(json, "leakFree")),
  };
}

/** What can't be read is left out: an unknown file is judged with care. */
function parseFiles(json: Json | undefined): Map<string, FileFacts> {
  const parsed = new Map<string, FileFacts>();
  if (!isObject(json)) return parsed;
  for (const name of Object.keys(json)) {
    const facts = parseFacts(ownValue(json, name));
    if (facts !== undefined) parsed.set(name, facts);
  }
  return parsed;
}

function parseIdentity(json: Json | undefined): Identity | undefined {
  if (!isObject(json)) return undefined;
  const dev = parseInteger(ownValue(json, "dev"));
  const ino = parseInteger(ownValue(json, "ino"));
  return dev === undefined || ino === undefined ? undefined : { dev, ino };
}

function parseFacts(json: Json | undefined): FileFacts | undefined {
  const identity = parseIdentity(json);
  if (identity === undefined || !isObject(json)) return undefined;
  const size = parseInteger(ownValue(json, "size"));
  const mtimeNs = parseInteger(ownValue(json, "mtimeNs"));
  return size === undefined || mtimeNs === undefined ? undefined : { ...identity, size, mtimeNs };
}

function parseInteger(json: Json | undefined): bigint | undefined {
  return typeof json === "string" && /^-?\d{1,20}$/.test(json) ? BigInt(json) : undefined;
}

import { attempt } from "../disk/attempt.ts";
import { ensureDirectory } from "../disk/directory.ts";
import { disk } from "../disk/disk.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { type Beforehand, writeBeforehand, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { equalJson, isObject, type Json, type JsonObject } from "../json.ts";
import { join } from "../path.ts";
import { parseOnce } from "./parse-once.ts";
import type { Places } from "./places.ts";
import { identityOf, type Signature } from "./signature.ts";

/**
 * `base/`: the last state that both sides had in common. It is worth something only for the very directories it was
 * taken from, so it names both roots by device and inode and a token that also stands inside the tree. Where one of
 * them differs (restored from a backup, moved to another disk, made anew) the base is void: sides are united and
 * nothing is deleted.
 */
export type Base = {
  /** Signatures of files at the moment when their content was fully reconciled, by a name of ours. */
  readonly settled: Readonly<Record<string, Signature>>;
};

/**
 * Reads what the base knows. One that is missing, damaged or of other roots is begun anew: its documents go first, so that
 * none of them is ever trusted for roots that it was not taken from.
 */
export function openBase(places: Places): Base {
  const base = validBase(places);
  if (base !== undefined) return base;
  for (const name of COMMON_STATES) removeFile(join(places.paths.base, name));
  writeBaseIndex(places, {});
  return { settled: {} };
}

/** Undefined where it has to be begun anew. Writes nothing. */
export function validBase(places: Places): Base | undefined {
  const index = readIndex(places);
  const isValid =
    index !== undefined &&
    index.home === identityOf(places.claude.root) &&
    index.tree === identityOf(places.paths.runtime) &&
    index.token === readToken(places);
  return isValid ? { settled: index.settled } : undefined;
}

/** What is merged three ways, under the names that the base gives it. */
const COMMON_STATES = [
  "claude.json",
  "settings.json",
  // What our latest merges changed on both sides, as long as the base itself may not follow yet.
  "claude.json.fresh",
  "settings.json.fresh",
] as const;

/** The overlays outlive a void base: in a tree that was restored or moved they still stand, and still are not the user's. */
export type BaseDocument = (typeof COMMON_STATES)[number] | "overlay.json";

/** Reads one document of the base; "void" where there is none or it does not parse. */
export function readBaseDocument(places: Places, name: BaseDocument): JsonObject | "void" {
  const value = parseFile(places, name);
  return isObject(value) ? value : "void";
}

/** Writes one document of the base. Both sides were written and read back before: the base is always the last. */
export function writeBaseDocument(
  { paths }: Places,
  name: BaseDocument,
  value: JsonObject,
  beforehand?: Beforehand,
): void {
  const bytes = beforehand?.bytes ?? encode(value);
  writeFileAtomic(join(paths.base, name), bytes, { mode: 0o600, beforehand });
}

export function writeBaseDocumentBeforehand(
  { paths }: Places,
  name: BaseDocument,
  value: JsonObject,
): Beforehand {
  return writeBeforehand(join(paths.base, name), encode(value));
}

/** All that says what a document is judged by. */
export function filesJudgedBy(places: Places, name: "claude.json" | "settings.json"): readonly string[] {
  const inBase = [INDEX, name, `${name}.fresh`].map((file) => join(places.paths.base, file));
  return [places.treeToken, ...inBase];
}

export function removeBaseDocument(places: Places, name: BaseDocument): void {
  removeFile(join(places.paths.base, name));
}

/** Where a profile has a document to itself: when it is shared again, both sides are united. */
export function forgetCommonState(places: Places, name: "claude.json" | "settings.json"): void {
  removeBaseDocument(places, name);
  removeBaseDocument(places, `${name}.fresh`);
}

/** Remembers what was reconciled, naming the roots as they are now. Writes nothing where nothing changed. */
export function writeBaseIndex(places: Places, settled: Readonly<Record<string, Signature>>): void {
  const token = readToken(places) ?? makeToken(places);
  const index = {
    version: 1,
    home: identityOf(places.claude.root) ?? null,
    tree: identityOf(places.paths.runtime) ?? null,
    token,
    settled,
  };
  if (equalJson(parseFile(places, INDEX), index)) return;
  ensureDirectory(places.paths.base);
  writeFileAtomic(join(places.paths.base, INDEX), encode(index), { mode: 0o600 });
}

/**
 * What the mirror's own index was made of, where that is known: it stands among the signatures, and is void with them.
 */
export function mirrorMark(places: Places): string | undefined {
  return openBase(places).settled[MIRROR];
}

/** @param halted why the last look at everything removed nothing */
export function trustMirror(places: Places, mark: string, halted: string | undefined): void {
  const { [HALTED]: _, ...settled } = openBase(places).settled;
  writeBaseIndex(places, { ...settled, [MIRROR]: mark, ...(halted !== undefined && { [HALTED]: halted }) });
}

/** From now on the mirror unites both sides, and deletes nothing, until it has looked at all of them. */
export function distrustMirror(places: Places): void {
  const { [MIRROR]: mark, [HALTED]: _, ...settled } = openBase(places).settled;
  if (mark !== undefined) writeBaseIndex(places, settled);
}

/** Why deletions wait for the user, where they do. Writes nothing. */
export function mirrorHalted(places: Places): string | undefined {
  return readIndex(places)?.settled[HALTED];
}

const MIRROR = "mirror";
const HALTED = "mirror halted";

type Index = {
  readonly home: Signature;
  readonly tree: Signature;
  readonly token: string;
  readonly settled: Readonly<Record<string, Signature>>;
};

function readIndex(places: Places): Index | undefined {
  const value = parseFile(places, INDEX);
  if (!isObject(value)) return undefined;
  const { version, home, tree, token, settled } = value;
  if (version !== 1 || typeof home !== "string" || typeof tree !== "string" || typeof token !== "string") {
    return undefined;
  }
  return { home, tree, token, settled: isObject(settled) ? onlyStrings(settled) : {} };
}

function onlyStrings(object: JsonObject): Record<string, string> {
  const strings: Record<string, string> = {};
  for (const [key, value] of Object.entries(object)) if (typeof value === "string") strings[key] = value;
  return strings;
}

const INDEX = "index.json";

function readToken(places: Places): string | undefined {
  const content = readRegularFile(places.treeToken);
  return content === undefined ? undefined : new TextDecoder().decode(content.bytes);
}

function makeToken(places: Places): string {
  const token = crypto.getRandomValues(new Uint8Array(16)).toHex();
  writeFileAtomic(places.treeToken, new TextEncoder().encode(token), { mode: 0o600 });
  return token;
}

function parseFile(places: Places, name: string): Json | undefined {
  const content = readBaseFile(places, name);
  return content === undefined ? undefined : parseOnce(content.bytes);
}

/** Reads a file of `base/`. What stands in its place and is none goes to quarantine, named as quarantine.ts does, which a start without a session must not load. */
export function readBaseFile({ paths }: Places, name: string): FileContent | undefined {
  const path = join(paths.base, name);
  try {
    return readRegularFile(path);
  } catch (error) {
    if (!(error instanceof ClauthError) || error.kind !== "not_a_file") throw error;
    ensureDirectory(paths.backups);
    const time = new Date().toISOString().replace(/[-:.]/g, "");
    attempt("move", path, () => disk.rename(path, join(paths.backups, `${time}-base-${name}`)));
    return undefined;
  }
}

function encode(value: Json): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

import { readBytes } from "../disk/read-file.ts";
import { isObject, type Json, parseJson } from "../json.ts";
import { prefixOf } from "../path.ts";
import type { ProfilePaths } from "../paths.ts";
import { SPLIT_DIRECTORY } from "../tree/odd-entries.ts";
import { type Look, takeLook, versionOf } from "./look.ts";
import type { Places } from "./places.ts";

/**
 * A tree is at rest where the passes of an open have nothing to do. The last one out of a tree notes all that such passes went by
 * (`session/note-rest.ts`), and while that stands the next open passes them over.
 */
export type RestNote = {
  /** When it was noted, in milliseconds since 1970. */
  readonly at: number;
  /** Files of claude home, by name, that were looked at too: what the manifest says of them is still so. */
  readonly files: readonly string[];
  readonly seen: Signatures;
};

/** Versions, and what else has to be the same. Undefined for what is uncertain. */
export type Signatures = readonly (string | undefined)[];

/** A note from the future proves nothing: what changes now may be given the very times that it knows. */
export function isAtRest(note: RestNote, seen: Signatures, now: number): boolean {
  return note.at <= now && sameSight(seen, note.seen);
}

/** False where one of them is uncertain. */
export function sameSight(a: Signatures, b: Signatures): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++)
    if (a[index] === undefined || a[index] !== b[index]) return false;
  return true;
}

/** Who looks: another build decides anew, and so does another boot, since file systems are mended in between. */
export type Onlooker = {
  readonly executable: string;
  /** Empty where the system has none. */
  readonly bootId: string;
  /** What CLAUTH_LINK_MODE asks for. */
  readonly forced: string | undefined;
};

/** What a session looks at, and all that a note is made of. */
export type Sight = { readonly look: Look; readonly seen: Signatures };

/** All that the passes of an open go by. Of files as much as tells whether they changed; of directories that no name in them did. */
export function seeAll(places: Places, by: Onlooker, files: readonly string[]): Sight {
  const { claude, paths } = places;
  const look = takeLook(places);
  const seen: (string | undefined)[] = [by.executable, by.bootId || undefined, `${by.forced}`, claude.root];
  seen.push(paths.runtime);
  for (const { version } of look) seen.push(noted(version));
  const others = [by.executable, paths.pendingCredentials, claude.credentials, places.treeToken];
  for (const path of splitDirectories(places)) others.push(path);
  const [inBase, atHome] = [prefixOf(paths.base), prefixOf(claude.root)];
  for (const name of IN_BASE) others.push(inBase + name);
  for (const name of files) others.push(atHome + name);
  for (const path of others) seen.push(noted(versionOf(path)));
  return { look, seen };
}

/** As text, or not at all. */
function noted(version: string | undefined): string | undefined {
  return version === undefined ? "missing" : version || undefined;
}

/** Every directory whose names a tree's links depend on. */
export function directoriesOf(places: Places): readonly string[] {
  return [places.claude.root, places.paths.runtime, ...splitDirectories(places)];
}

function splitDirectories({ claude, paths }: Places): string[] {
  return [prefixOf(claude.root) + SPLIT_DIRECTORY, prefixOf(paths.runtime) + SPLIT_DIRECTORY];
}

const IN_BASE = ["index.json", "overlay.json", "credentials.json", "manifest.json"] as const;

/** Undefined where there is none, or none that can be read: then the passes look for themselves. */
export function readRestNote(paths: Pick<ProfilePaths, "base">): RestNote | undefined {
  try {
    const bytes = readBytes(restNotePath(paths), { maxBytes: 64 * 1024 });
    return bytes === undefined ? undefined : noteFrom(parseJson(bytes));
  } catch {
    return undefined;
  }
}

function noteFrom(json: Json | undefined): RestNote | undefined {
  if (!isObject(json)) return undefined;
  const { at, files, seen } = json;
  if (typeof at !== "number" || !isTexts(files) || !isTexts(seen)) return undefined;
  return { at, files, seen };
}

function isTexts(json: Json | undefined): json is readonly string[] {
  if (!Array.isArray(json)) return false;
  for (const item of json) if (typeof item !== "string") return false;
  return true;
}

export function restNotePath({ base }: Pick<ProfilePaths, "base">): string {
  return `${prefixOf(base)}rest.json`;
}

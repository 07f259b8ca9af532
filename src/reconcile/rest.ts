import { latin1TextSync } from "../fs/text.ts";
import { isObject, type Json } from "../json.ts";
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
  /** As in `Sight`. */
  readonly seen: string;
};

/** A note from the future proves nothing: what changes now may be given the very times that it knows. */
export function isAtRest(note: RestNote, seen: Sight["seen"], now: number): boolean {
  return note.at <= now && note.seen === seen;
}

/** Who looks: another build decides anew, and so does another boot, since file systems are mended in between. */
export type Onlooker = {
  readonly executable: string;
  /** Empty where the system has none. */
  readonly bootId: string;
  /** What CLAUTH_LINK_MODE asks for. */
  readonly forced: string | undefined;
};

export type Sight = {
  /** What a session looks at. */
  readonly look: Look;
  /** All that a note is made of, as one text: who looked, and the versions of everything. Undefined where one of them is uncertain. */
  readonly seen: string | undefined;
};

/** All that the passes of an open go by. Of files as much as tells whether they changed; of directories that no name in them did. */
export function seeAll(places: Places, by: Onlooker, files: readonly string[]): Sight {
  const { claude, paths } = places;
  const look = takeLook(places);
  const versions: string[] = [];
  for (const { version } of look) versions.push(version ?? MISSING);
  const others = [by.executable, paths.pendingCredentials, claude.credentials, places.treeToken];
  for (const path of splitDirectories(places)) others.push(path);
  const [inBase, atHome] = [prefixOf(paths.base), prefixOf(claude.root)];
  for (const name of IN_BASE) others.push(inBase + name);
  for (const name of files) others.push(atHome + name);
  for (const path of others) versions.push(versionOf(path) ?? MISSING);
  const isCertain = by.bootId !== "" && !versions.includes("");
  const onlooker = JSON.stringify([by.executable, by.bootId, by.forced, claude.root, paths.runtime]);
  return { look, seen: isCertain ? `${onlooker} ${versions.join(" ")}` : undefined };
}

const MISSING = "missing";

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
    const note: Json = JSON.parse(latin1TextSync(restNotePath(paths)));
    if (!isObject(note)) return undefined;
    const { at, files, seen } = note;
    return typeof at === "number" && isTexts(files) && typeof seen === "string"
      ? { at, files, seen }
      : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(json: Json | undefined): json is readonly string[] {
  if (!Array.isArray(json)) return false;
  for (const item of json) if (typeof item !== "string") return false;
  return true;
}

export function restNotePath({ base }: Pick<ProfilePaths, "base">): string {
  return `${prefixOf(base)}rest.json`;
}

/** In ASCII, so that a start reads it as it reads the files of the kernel. */
export function encodeRestNote(note: RestNote): Uint8Array {
  const json = JSON.stringify(note).replace(/[^\x00-\x7f]/g, escaped);
  return new TextEncoder().encode(`${json}\n`);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

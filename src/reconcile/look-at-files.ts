import { type Look, versionOf } from "./look.ts";

/** A look at some files alone, for `isAsSeen`. */
export function lookAtFiles(files: readonly string[], links: readonly string[]): Look {
  return [
    ...files.map((path) => ({ path, isLink: false, version: versionOf(path) })),
    ...links.map((path) => ({ path, isLink: true, version: versionOf(path, true) })),
  ];
}

import type { FileStat } from "../disk/read-file.ts";
import type { Deletion, DeletionChoice } from "../merge/three-way.ts";

/**
 * Remembers keys that vanished from a side. Claude Code sometimes writes without its lock over what we merged a moment
 * before (6 of 2,200 merges on 2.1.329), so a key that is missing right after a foreign write is no deletion until it
 * has stayed away over a later write, or until the session ends.
 */
export type DeletionMemory = {
  /** Chooses for one deletion, found in the version of the file that `stat` describes. */
  choose(document: string, deletion: Deletion, stat: FileStat | undefined): DeletionChoice;
  /** Forgets the keys of a document that came back: `held` are those that the last merge left open. */
  keepOnly(document: string, held: readonly Deletion[]): void;
};

export function deletionMemory(): DeletionMemory {
  const documents = new Map<string, Map<string, string>>();
  const of = (document: string) => documents.get(document) ?? new Map<string, string>();
  return {
    choose(document, deletion, stat) {
      const version = stat === undefined ? "missing" : `${stat.ino}:${stat.mtimeNs}`;
      const seen = of(document);
      const first = seen.get(nameOf(deletion)) ?? version;
      documents.set(document, seen.set(nameOf(deletion), first));
      return first === version ? "hold" : "carry";
    },
    keepOnly(document, held) {
      const names = new Set(held.map(nameOf));
      documents.set(document, new Map([...of(document)].filter(([name]) => names.has(name))));
    },
  };
}

function nameOf(deletion: Deletion): string {
  return JSON.stringify([deletion.missingOn, deletion.key]);
}

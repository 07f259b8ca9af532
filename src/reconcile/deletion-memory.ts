import type { FileStat } from "../disk/read-file.ts";
import type { Deletion, DeletionChoice, Side } from "../merge/three-way.ts";

/**
 * Remembers keys that vanished from a side. Claude Code sometimes writes without its lock over what we merged a moment
 * before (6 of 2,200 merges on 2.1.329), so a key that is missing right after a foreign write is no deletion until it
 * has stayed away over a later write, or until the session ends.
 */
export type DeletionMemory = {
  /** Chooses for one deletion, found in the version of the file that `stat` describes. */
  choose(document: string, deletion: Deletion, stat: FileStat | undefined): DeletionChoice;
  /** Notes that we replaced one version of a side by another: that is no foreign write, and carries nothing. */
  replaced(document: string, side: Side, before: FileStat | undefined, after: FileStat | undefined): void;
  /** Forgets the keys of a document that came back: `held` are those that the last merge left open. */
  keepOnly(document: string, held: readonly Deletion[]): void;
};

/** The version of the file in which a key was first seen missing. */
type Absence = { readonly missingOn: Side; readonly version: string };

export function deletionMemory(): DeletionMemory {
  const documents = new Map<string, Map<string, Absence>>();
  const of = (document: string) => documents.get(document) ?? new Map<string, Absence>();
  return {
    choose(document, deletion, stat) {
      const now = { missingOn: deletion.missingOn, version: versionOf(stat) };
      const first = of(document).get(nameOf(deletion)) ?? now;
      documents.set(document, of(document).set(nameOf(deletion), first));
      return first.version === now.version ? "hold" : "carry";
    },
    replaced(document, side, before, after) {
      for (const [name, { missingOn, version }] of of(document)) {
        if (missingOn !== side || version !== versionOf(before)) continue;
        of(document).set(name, { missingOn, version: versionOf(after) });
      }
    },
    keepOnly(document, held) {
      const names = new Set(held.map(nameOf));
      documents.set(document, new Map([...of(document)].filter(([name]) => names.has(name))));
    },
  };
}

function versionOf(stat: FileStat | undefined): string {
  return stat === undefined ? "missing" : `${stat.ino}:${stat.mtimeNs}`;
}

function nameOf(deletion: Deletion): string {
  return JSON.stringify([deletion.missingOn, deletion.key]);
}

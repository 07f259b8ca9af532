import type { Entry, FileFacts } from "./inspect.ts";
import type { Winner } from "./merge-file.ts";

/** One thing to do about one entry, named relative to both roots. */
export type Step = Action & { readonly name: string; readonly why: string; readonly waits?: "idle" };

export type Action =
  /** Makes the root of claude home or of the tree. */
  | { readonly do: "make-root"; readonly root: "home" | "tree" }
  /** Makes an entry of claude home that the tree is about to link. */
  | { readonly do: "make-home"; readonly type: "directory" | "file" }
  /** Makes the tree's own half of a split directory, in the place of a link of ours where there is one. */
  | { readonly do: "make-split"; readonly replaces?: string }
  | { readonly do: "link" }
  /** Replaces a link of ours, whose text is given, by the right one. */
  | { readonly do: "relink"; readonly text: string }
  /** Removes a link of ours, whose text is given. */
  | { readonly do: "unlink"; readonly text: string }
  /** Replaces a file of the tree by the link: claude home has that very file (a second name of one inode). */
  | { readonly do: "swap"; readonly tree: FileFacts }
  /** Gives a file of the tree to claude home, which has none of that name. */
  | { readonly do: "adopt"; readonly tree: FileFacts }
  /** Two files, one name. `home` is undefined where claude home has a link that leads to no file yet. */
  | {
      readonly do: "merge-file";
      readonly tree: FileFacts;
      readonly home: FileFacts | undefined;
      readonly winner: Winner;
    }
  /** Sets a file of the tree aside: a directory of claude home has its name. */
  | { readonly do: "quarantine"; readonly tree: FileFacts }
  | { readonly do: "move-directory" }
  /** Merges a directory into the one of claude home, file by file. */
  | { readonly do: "merge-directory" }
  /** Removes a temporary file of ours that a killed process left. */
  | { readonly do: "sweep" };

export type Skipped = { readonly name: string; readonly why: string };

export type Decision = Step | Skipped;

export function isStep(decision: Decision): decision is Step {
  return "do" in decision;
}

export function skip(name: string, why: string): Skipped {
  return { name, why };
}

/** Why an entry is not what could be dealt with in its place. */
export function describe(entry: Entry | undefined): string {
  if (entry?.type === "unreadable") return entry.why;
  if (entry?.type === "file") return "it is a file where a directory belongs";
  if (entry?.type === "link") return "its link can't be followed";
  return "it is neither a file nor a directory nor a link";
}

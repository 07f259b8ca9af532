import { log } from "../log.ts";
import type { Store } from "../paths.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import type { DeletionMemory } from "./deletion-memory.ts";
import type { DocumentLook } from "./document-pass.ts";
import type { Look } from "./look.ts";
import type { Places } from "./places.ts";
import type { Signature } from "./signature.ts";
import type { Sightings } from "./standing.ts";

/** What is reconciled, and by whose configuration. A Session is one. */
export type Reconciled = {
  readonly store: Store;
  readonly places: Places;
  readonly config: ProfileConfig;
  readonly memory: PassMemory;
  /** What everything looked like when a session opened it. */
  readonly look?: Look;
};

/** What one process remembers from one pass to the next. */
export type PassMemory = {
  readonly deletions: DeletionMemory;
  /** When this process last wrote a document, in milliseconds of the monotonic clock. */
  lastWriteMs: number;
  readonly sightings: Sightings;
  /** What became of `.claude.json` while the end of a burst of writes was waited for. */
  prepared?: Prepared | undefined;
  /** The login's files when nothing was to be done with them. */
  loginAtRest?: Look | undefined;
  /** The tree's `.claude.json` when the account in it was last noted. */
  accountSeen?: Signature | undefined;
  /** In a tree of copies, once all of them were looked at: those that have to be looked at again. */
  copiesLeft?: ReadonlySet<string> | undefined;
};

/** A look at a document before its turn, and what it and all that it is judged by looked like before that. */
export type Prepared = {
  readonly look: DocumentLook;
  readonly seen: Look;
  readonly claudeRoot: Signature | undefined;
  /** Home's side was read under the name of a file in flight. */
  readonly isUnnamed?: boolean;
};

export type Moment = {
  /** "running" beside a live claude; "final" when nothing lives in the tree any more. */
  readonly moment: "running" | "final";
  /**
   * Asks whether no claude outside our locks may be writing: then the base may follow at once. Asked after our write, because only
   * who lives by then can have read before it.
   */
  readonly quiet: () => boolean;
  /** In a tree of copies: which of them changed since the last call; undefined where that is not known. */
  readonly changed?: (() => ReadonlySet<string> | undefined) | undefined;
  /** In a tree of copies: the user said that all that is missing on one side is to go from the other, however much it is. */
  readonly removals?: "confirmed" | undefined;
};

export type Pass = Reconciled & Moment;

/** A lock that was busy is free again within a second or two: Claude holds its own for milliseconds. */
export const RETRY_MS = 1000;

export function isLinked({ mode }: Places): boolean {
  return mode === undefined || mode === "symlink";
}

/** Into the log: who works in claude is told nothing. */
export function say({ store, places }: Pass, text: string): void {
  log(store, places.profile, text);
}

import type { FileContent } from "../disk/read-file.ts";
import type { CredentialsBase, Quarantined, TreeCredentials } from "../merge/credentials.ts";
import type { Places } from "./places.ts";

/** Finds the login that claude uses in a tree. One implementation per place where Claude Code keeps it. */
export type LookAtTree = (
  places: Places,
  known: { readonly canonical: FileContent | undefined; readonly base: CredentialsBase | undefined },
) => TreeLogin;

/** The login of a tree as one look found it. What changes it refuses where it is not as found any more. */
export type TreeLogin = {
  readonly shown: TreeCredentials;
  /** What else stands there, is not used, and goes when `show` is called. */
  readonly unused?: Quarantined;
  /**
   * Makes the tree show the canonical file, whose bytes these are.
   * @throws ClauthError `concurrent_modification` (retry-safe)
   */
  readonly show: (canonical: Uint8Array | undefined) => void;
  /**
   * Leaves the tree without this login.
   * @throws ClauthError `concurrent_modification` (retry-safe)
   */
  readonly remove: () => void;
  /**
   * Before the tree's path changes or ends: takes what Claude Code keeps elsewhere under that path into the tree itself.
   * @throws ClauthError `concurrent_modification` (retry-safe)
   */
  readonly leave: () => void;
};

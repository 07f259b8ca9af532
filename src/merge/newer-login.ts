import type { CredentialsBase } from "./credentials.ts";
import { fingerprint, type JudgedFile } from "./judge-credentials.ts";
import { knows, placeInHistory, type TokenHistory } from "./token-history.ts";

/**
 * Which of two logins of one profile is to be kept. In this order:
 * 1. one that shows an older refresh token of the history is a restored backup and loses, whatever its time;
 * 2. the side that changed since the base;
 * 3. one whose refresh token is not known yet, where the other's is: it came later, whatever a clock says;
 * 4. the later write;
 * 5. the later `expiresAt`; one that says none is the earliest;
 * 6. the canonical one.
 *
 * @returns "restored" where the canonical one wins because the tree's is a restored backup
 */
export function newerLogin(
  base: CredentialsBase | undefined,
  canonical: JudgedFile,
  tree: JudgedFile,
): "tree" | "canonical" | "restored" {
  const history = base?.history ?? [];
  const age = compare(placeInHistory(history, tree), placeInHistory(history, canonical));
  if (age !== 0) return age > 0 ? "tree" : "restored";
  const order =
    compare(changed(base, tree), changed(base, canonical)) ||
    compare(isNew(history, tree), isNew(history, canonical)) ||
    compare(tree.mtimeNs, canonical.mtimeNs) ||
    compare(tree.expiresAt ?? -Infinity, canonical.expiresAt ?? -Infinity);
  return order > 0 ? "tree" : "canonical";
}

function changed(base: CredentialsBase | undefined, file: JudgedFile): number {
  return isAsInBase(base, file) ? 0 : 1;
}

function isNew(history: TokenHistory, file: JudgedFile): number {
  return knows(history, file) ? 0 : 1;
}

/** True for a file that nobody touched since the base. */
export function isAsInBase(base: CredentialsBase | undefined, { bytes }: JudgedFile): boolean {
  return base !== undefined && fingerprint(bytes) === base.canonicalHash;
}

function compare<T extends number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

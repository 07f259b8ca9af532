import { ensureDirectory } from "../disk/directory.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { objectFrom } from "../json.ts";
import { stateLock, withStoreLock } from "../lock/store-lock.ts";
import type { Store } from "../paths.ts";
import type { RcFile } from "./rc-file.ts";
import { hashOf, readTrust, trustKey, trustSection } from "./trust.ts";

/**
 * The writing side of trust.ts, apart from it because a start hardly ever needs it.
 * All throw `trust_damaged`, or `store_busy` (retry-safe).
 */
type TrustStore = Pick<Store, "root" | "trust" | "lock">;

/** Remembers that the user vouches for this content at this path; an edit of the file asks again, as direnv does. */
export function allow(store: TrustStore, file: Pick<RcFile, "path" | "bytes">): void {
  remember(store, "verdicts", trustKey(file.path), hashOf(file.bytes));
}

/** Remembers that the file at this path may never pick a profile, whatever it holds. */
export function deny(store: TrustStore, path: string): void {
  remember(store, "verdicts", trustKey(path), "denied");
}

/** Remembers that the user was told which profile this file picks. */
export function rememberAnnounced(store: TrustStore, file: Pick<RcFile, "path" | "choice">): void {
  remember(store, "announced", trustKey(file.path), file.choice);
}

function remember(store: TrustStore, name: "verdicts" | "announced", key: string, value: string): void {
  ensureDirectory(store.root);
  withStoreLock(stateLock(store), { waitMs: 2000 }, () => {
    const records = readTrust(store);
    const entries = Object.entries(trustSection(records, name)).filter(([known]) => known !== key);
    const others = Object.entries(records).filter(([known]) => known !== name);
    const changed = objectFrom([...others, [name, objectFrom([...entries, [key, value]])]]);
    writeFileAtomic(store.trust, new TextEncoder().encode(`${JSON.stringify(changed, null, 2)}\n`), {
      mode: 0o600,
    });
  });
}

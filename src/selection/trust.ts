import { realpathSync } from "node:fs";
import { ensureDirectory } from "../disk/directory.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { isObject, type Json, type JsonObject, objectFrom, ownValue, parseJson } from "../json.ts";
import type { Store } from "../paths.ts";
import type { RcFile } from "./rc-file.ts";

/** What the user said about an rc file: `clauth allow` vouches for one content of one real path, `deny` for a path. */
export type Verdict = "allowed" | "denied" | "unknown";

type TrustStore = Pick<Store, "root" | "trust">;
type Vouched = Pick<RcFile, "path" | "bytes">;

/** @throws ClauthError `trust_damaged` where the record can't be read: whether the file was denied is then unknown. */
export function verdictOn(store: TrustStore, file: Vouched): Verdict {
  const records = readRecords(store).records;
  const said = ownValue(section(records, "verdicts"), realPath(file.path));
  if (said === "denied") return "denied";
  return said === hashOf(file.bytes) ? "allowed" : "unknown";
}

/** Remembers that the user vouches for this content at this path; an edit of the file asks again. */
export function allow(store: TrustStore, file: Vouched): void {
  remember(store, "verdicts", realPath(file.path), hashOf(file.bytes));
}

/** Remembers that the file at this path may never pick a profile, whatever it holds. */
export function deny(store: TrustStore, path: string): void {
  remember(store, "verdicts", realPath(path), "denied");
}

/** True where this file has picked this profile before, and the user was told. */
export function wasAnnounced(store: TrustStore, file: Pick<RcFile, "path" | "choice">): boolean {
  return ownValue(section(readRecords(store).records, "announced"), realPath(file.path)) === file.choice;
}

/** Remembers that the user was told which profile this file picks. */
export function rememberAnnounced(store: TrustStore, file: Pick<RcFile, "path" | "choice">): void {
  remember(store, "announced", realPath(file.path), file.choice);
}

type Section = "verdicts" | "announced";

/** Reads, changes one entry, and writes; starts over where another process wrote in between. */
function remember(store: TrustStore, name: Section, key: string, value: string): void {
  ensureDirectory(store.root);
  for (let left = MOST_TRIES; ; left -= 1) {
    const { records, file } = readRecords(store);
    const entries = Object.entries(section(records, name)).filter(([known]) => known !== key);
    const changed = objectFrom([
      ...Object.entries(records).filter(([known]) => known !== name),
      [name, objectFrom([...entries, [key, value]])],
    ]);
    try {
      writeFileAtomic(store.trust, new TextEncoder().encode(`${JSON.stringify(changed, null, 2)}\n`), {
        mode: 0o600,
        expect: file ?? "absent",
      });
      return;
    } catch (error) {
      if (left <= 1 || !(error instanceof ClauthError) || error.kind !== "concurrent_modification")
        throw error;
    }
  }
}

const MOST_TRIES = 20;

function readRecords(store: TrustStore): { records: JsonObject; file: FileContent | undefined } {
  const file = readRegularFile(store.trust);
  if (file === undefined) return { records: {}, file };
  const records = parseJson(file.bytes);
  if (isObject(records)) return { records, file };
  throw new ClauthError({
    kind: "trust_damaged",
    message: `${store.trust} is damaged, so it is not known which .clauthrc files were allowed or denied`,
    hint: `rm ${store.trust}, then clauth allow what you trust`,
    path: store.trust,
  });
}

function section(records: JsonObject, name: Section): JsonObject {
  const value: Json | undefined = ownValue(records, name);
  return isObject(value) ? value : {};
}

function hashOf(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

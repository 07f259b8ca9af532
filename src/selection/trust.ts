import { complaintAboutOwner } from "../config/ownership.ts";
import { readOwnedFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { realpathSync } from "../fs.ts";
import { isObject, type JsonObject, ownValue, parseJson } from "../json.ts";
import type { Store } from "../paths.ts";
import { shellWord } from "../shell-line.ts";
import type { RcFile } from "./rc-file.ts";

/** What the user said about an rc file: `clauth allow` vouches for one content of one real path, `deny` for a path. */
export type Verdict = "allowed" | "denied" | "unknown";

/** @param records as `readTrust` gives them */
export function verdictOn(records: JsonObject, file: Pick<RcFile, "path" | "bytes">): Verdict {
  const said = ownValue(trustSection(records, "verdicts"), trustKey(file.path));
  if (said === "denied") return "denied";
  return said !== undefined && said === hashOf(file.bytes) ? "allowed" : "unknown";
}

/** True where this file has picked this profile before, and the user was told. */
export function wasAnnounced(records: JsonObject, file: Pick<RcFile, "path" | "choice">): boolean {
  return ownValue(trustSection(records, "announced"), trustKey(file.path)) === file.choice;
}

/**
 * Everything that is remembered about rc files; empty where nothing is yet.
 * @throws ClauthError `trust_damaged` where it can't be read: whether a file was denied is then unknown.
 */
export function readTrust(store: Pick<Store, "trust">): JsonObject {
  const file = readOwnedFile(store.trust);
  if (file === undefined) return {};
  const records = parseJson(file.bytes);
  if (isObject(records) && complaintAboutOwner(file.owner) === undefined) return records;
  throw new ClauthError({
    kind: "trust_damaged",
    message: `${store.trust} is damaged or was open to other users, so it is not known which .clauthrc files were allowed or denied`,
    hint: `rm ${shellWord(store.trust)}, then clauth allow what you trust`,
    path: store.trust,
  });
}

/** "verdicts": by real path "denied" or the allowed content's hash; "announced": by real path the profile's name. */
export function trustSection(records: JsonObject, name: "verdicts" | "announced"): JsonObject {
  const value = ownValue(records, name);
  return isObject(value) ? value : {};
}

/** SHA-256, hexadecimal. */
export function hashOf(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

/** The path that a file is remembered by; one that is gone keeps its spelling. */
export function trustKey(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

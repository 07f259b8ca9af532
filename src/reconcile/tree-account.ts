import { readRegularFile } from "../disk/read-file.ts";
import { isObject, type Json, ownValue } from "../json.ts";
import { versionOf } from "./look.ts";
import { parseOnce } from "./parse-once.ts";
import type { Places } from "./places.ts";

/**
 * `oauthAccount` of the tree's `.claude.json`; null where the document is good and has none, undefined where it is not good. A rotated
 * token waits for it, and the document may be large: while it looks the same it is not read again.
 */
export function readTreeAccount({ treeJson }: Places): Json | undefined {
  const version = versionOf(treeJson);
  if (version !== "" && last?.path === treeJson && last.version === version) return last.account;
  const content = readRegularFile(treeJson);
  const document = content === undefined ? undefined : parseOnce(content.bytes);
  const account = isObject(document) ? (ownValue(document, "oauthAccount") ?? null) : undefined;
  last = { path: treeJson, version, account };
  return account;
}

let last:
  | { readonly path: string; readonly version: string | undefined; readonly account: Json | undefined }
  | undefined;

import { readRegularFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import { equalJson, isObject, type JsonObject, ownValue, parseJson } from "../json.ts";
import type { Places } from "./places.ts";

/**
 * `account.json`: the account-scoped part of the tree's `.claude.json`. Written from the tree alone, and read only to mend a
 * copy that is missing or damaged.
 */
export function readAccount(places: Places): JsonObject | undefined {
  const content = readRegularFile(places.paths.account);
  const value = content === undefined ? undefined : parseJson(content.bytes);
  return isObject(value) ? value : undefined;
}

/** Keeps the account part where it changed; one without a login in it is what a logout leaves, and is not kept. */
export function rememberAccount(places: Places, account: JsonObject): void {
  if (ownValue(account, "oauthAccount") === undefined || equalJson(readAccount(places), account)) return;
  writeFileAtomic(places.paths.account, new TextEncoder().encode(`${JSON.stringify(account, null, 2)}\n`), {
    mode: 0o600,
  });
}

import { join } from "node:path";
import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { isObject, ownValue, parseJson } from "../json.ts";
import type { AccountIdentity } from "../merge/judge-credentials.ts";
import { claudeHomeOf } from "../paths.ts";
import { identityIn } from "../reconcile/credentials-base.ts";
import type { Places } from "../reconcile/places.ts";

/**
 * Whose login a profile shows: `oauthAccount` of its tree, else of account.json; of `~/.claude.json` for a profile that stands
 * for the login there. Empty where none of them says.
 */
export function accountOf(places: Places, { home }: { readonly home: boolean }): AccountIdentity {
  const documents = home ? [places.homeJson] : [places.treeJson, places.paths.account];
  const known = documents.map(accountIn).find(({ email, uuid }) => email !== undefined || uuid !== undefined);
  return known ?? {};
}

/** Whose login a config directory of the user's own shows; that of `~/.claude` where it is undefined. */
export function accountFound(home: string, configDirectory: string | undefined): AccountIdentity {
  return accountIn(
    configDirectory === undefined ? claudeHomeOf(home).json : join(configDirectory, ".claude.json"),
  );
}

/** Whose account a `.claude.json` names; one that can't be read names none, and is for `clauth doctor` to say. */
function accountIn(path: string): AccountIdentity {
  try {
    const content = readRegularFile(path);
    const document = content === undefined ? undefined : parseJson(content.bytes);
    return identityIn(isObject(document) ? ownValue(document, "oauthAccount") : undefined);
  } catch (error) {
    if (error instanceof ClauthError) return {};
    throw error;
  }
}

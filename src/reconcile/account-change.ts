import { listDirectory } from "../disk/directory.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { isObject, ownValue, parseJson } from "../json.ts";
import { quarantineKind } from "../quarantine.ts";
import { identityIn, readCredentialsMemory, writeCredentialsMemory } from "./credentials-base.ts";
import type { Places } from "./places.ts";

/**
 * Compares the account of the tree with the one that the profile had. Judged at the end of a session: Claude Code writes
 * `oauthAccount` some time after the credentials.
 * @returns one line where another account stands there now
 */
export function noteAccountChange(places: Places): readonly string[] {
  const memory = readCredentialsMemory(places);
  const now = treeAccount(places);
  if (memory === undefined || now.email === undefined) return [];
  const before = memory.account;
  if (before.email === now.email && before.uuid === now.uuid) return [];
  writeCredentialsMemory(places, { ...memory, account: now });
  if (before.email === undefined || before.email === now.email) return [];
  const undo = newestReplaced(places);
  return [
    `profile "${places.profile}" is now ${now.email} (was ${before.email})${undo === undefined ? "" : `; undo: clauth backups restore ${places.profile} ${undo}`}`,
  ];
}

/** The name, in quarantine, of the login that was replaced last. */
function newestReplaced({ paths }: Places): string | undefined {
  return listDirectory(paths.backups)
    .filter((name) => quarantineKind(name) === "credentials-replaced")
    .sort()
    .at(-1);
}

function treeAccount({ treeJson }: Places) {
  const content = readRegularFile(treeJson);
  const document = content === undefined ? undefined : parseJson(content.bytes);
  return identityIn(isObject(document) ? ownValue(document, "oauthAccount") : undefined);
}

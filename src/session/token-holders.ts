import { join } from "node:path";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { fingerprint, judgeCredentials } from "../merge/judge-credentials.ts";
import { claudeHomeOf, profilePathsOf, type Store } from "../paths.ts";
import { listProfiles } from "../profile/profiles.ts";

/** A file that holds a refresh token, and whose it is: a profile's name, or `~/.claude`. */
export type TokenHolder = { readonly owner: string; readonly path: string; readonly token: string };

/** Who holds which refresh token now, by fingerprint. A file that can't be read holds none that anybody could use. */
export function tokenHolders(home: string, store: Store): readonly TokenHolder[] {
  const claude = claudeHomeOf(home);
  const files = listProfiles(store).flatMap((owner) => {
    const { credentials, pendingCredentials, runtime } = profilePathsOf(store, owner);
    return [credentials, pendingCredentials, join(runtime, ".credentials.json")].map((path) => ({
      owner,
      path,
    }));
  });
  return [{ owner: claude.root, path: claude.credentials }, ...files].flatMap(({ owner, path }) => {
    const token = refreshTokenOf(readable(path)?.bytes);
    return token === undefined ? [] : [{ owner, path, token }];
  });
}

/** The fingerprint of the refresh token in a credentials file; undefined where there is none. */
export function refreshTokenOf(bytes: Uint8Array | undefined): string | undefined {
  const token = bytes === undefined ? undefined : judgeCredentials(bytes).refreshToken;
  return token === undefined ? undefined : fingerprint(token);
}

function readable(path: string): FileContent | undefined {
  try {
    return readRegularFile(path, { maxBytes: 1024 * 1024 });
  } catch {
    return undefined;
  }
}

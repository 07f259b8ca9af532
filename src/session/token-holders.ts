import type { Context } from "../context.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { fingerprint, judgeCredentials } from "../merge/judge-credentials.ts";
import { join } from "../path.ts";
import { claudeHomeOf, profilePathsOf, type Store } from "../paths.ts";
import { findProfiles } from "../profile/profiles.ts";

/** A file that holds a refresh token, and whose it is: a profile's name, or `~/.claude`. */
export type TokenHolder = { readonly owner: string; readonly path: string; readonly token: string };

/** Who holds which refresh token now, by fingerprint. */
export function tokenHolders(home: string, store: Store): readonly TokenHolder[] {
  const claude = claudeHomeOf(home);
  const files = findProfiles(store).flatMap((owner) => {
    const { credentials, pendingCredentials, runtime } = profilePathsOf(store, owner);
    const ofTree = join(runtime, ".credentials.json");
    const paths = [credentials, pendingCredentials, ...(isLink(ofTree) ? [] : [ofTree])];
    return paths.map((path) => ({ owner, path }));
  });
  return [{ owner: claude.root, path: claude.credentials }, ...files].flatMap(({ owner, path }) => {
    const token = tokenIn(path);
    return token === undefined ? [] : [{ owner, path, token }];
  });
}

/**
 * Through its link a tree holds what its profile holds. In a directory that was moved by hand, or by a rename that was cut off, it leads
 * to where the profile was, and by now that may be the login of another one.
 */
function isLink(path: string): boolean {
  try {
    return disk.lstatIfThere(path)?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

/**
 * The same with what is in the Keychain, where Claude Code keeps logins on macOS: for whoever is about to give one a second place.
 * @throws ClauthError as `runSecurity`: where the Keychain is locked nobody knows what it holds
 */
export async function allTokenHolders(
  { env, home, platform }: Pick<Context, "env" | "home" | "platform">,
  store: Store,
): Promise<readonly TokenHolder[]> {
  const inFiles = tokenHolders(home, store);
  if (platform !== "darwin") return inFiles;
  const { loginItem } = await import("../reconcile/keychain-login.ts");
  const { readItem } = await import("../keychain/item.ts");
  const trees = findProfiles(store).map((owner) => ({
    owner,
    directory: profilePathsOf(store, owner).runtime,
  }));
  const inKeychain = [{ owner: claudeHomeOf(home).root, directory: undefined }, ...trees].flatMap(
    ({ owner, directory }) => {
      const item = loginItem(directory, env);
      const token = refreshTokenOf(readItem(item));
      return token === undefined ? [] : [{ owner, path: `the Keychain's item "${item.service}"`, token }];
    },
  );
  return [...inKeychain, ...inFiles];
}

/** The fingerprint of the refresh token in a credentials file; undefined where there is none. */
export function refreshTokenOf(bytes: Uint8Array | undefined): string | undefined {
  const token = bytes === undefined ? undefined : judgeCredentials(bytes).refreshToken;
  return token === undefined ? undefined : fingerprint(token);
}

/** The same of a file; one that can't be read holds none that anybody could use. */
export function tokenIn(path: string): string | undefined {
  try {
    return refreshTokenOf(readRegularFile(path, { maxBytes: 1024 * 1024 })?.bytes);
  } catch {
    return undefined;
  }
}

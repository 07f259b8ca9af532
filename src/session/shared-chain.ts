import { readRegularFile, sameFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { isObject, ownValue, parseJson } from "../json.ts";
import type { Places } from "../reconcile/places.ts";

/**
 * Two config directories that hold one refresh token have no lock in common, and the first refresh kills the other's login.
 * A store of the Rust tool may share its active profile's chain with `~/.claude`, as a copy or through a link.
 * @throws ClauthError `shared_chain`
 */
export function refuseSharedChain(places: Places): void {
  if (!isSharedChain(places)) return;
  const { profile, paths, claude } = places;
  throw new ClauthError({
    kind: "shared_chain",
    message: `profile "${profile}" holds the same login as ${claude.root}: a refresh in one would end the other`,
    hint: `clauth add ${profile} --home makes the profile stand for the login in ${claude.root}`,
    path: paths.credentials,
  });
}

/** True where the profile's login is that of `~/.claude`, by its refresh token or because it is the same file. */
export function isSharedChain({ paths, claude, homeLogin }: Places): boolean {
  const ours = readRegularFile(paths.credentials);
  if (ours === undefined) return false;
  const home = readRegularFile(claude.credentials);
  if (home !== undefined && sameFile(ours.stat, home.stat)) return true;
  const token = refreshTokenIn(ours.bytes);
  if (token === undefined) return false;
  return token === refreshTokenIn(home?.bytes) || token === refreshTokenIn(homeLogin?.());
}

function refreshTokenIn(bytes: Uint8Array | undefined): string | undefined {
  const value = bytes === undefined ? undefined : parseJson(bytes);
  const login = isObject(value) ? ownValue(value, "claudeAiOauth") : undefined;
  const token = isObject(login) ? ownValue(login, "refreshToken") : undefined;
  return typeof token === "string" && token !== "" ? token : undefined;
}

import { resolveLinks } from "../disk/links.ts";
import { type FileContent, readRegularFile, sameFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { isObject, ownValue, parseJson } from "../json.ts";
import { normalize, relative, sep } from "../path.ts";
import { claudeHomeOf, type ProfilePaths, type Store } from "../paths.ts";
import { type ProfileName, sameName } from "../profile-name.ts";
import type { Places } from "../reconcile/places.ts";
import { movingAside, shellWord } from "../shell-line.ts";
import { refreshTokenOf, type TokenHolder, tokenHolders } from "./token-holders.ts";

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

/**
 * The same between profiles: a directory or a login that was copied by hand, or a link that leads into another profile.
 * It reads the login of every profile, so it is asked only where ours is not the one that was looked at last.
 * @throws ClauthError `shared_chain`
 */
export function refuseChainOfOther(home: string, store: Store, { profile, paths }: Places): void {
  const owner =
    leadsInto(store, paths) ?? holderOf(home, store, profile, readRegularFile(paths.credentials)?.bytes);
  if (owner === undefined || sameName(owner, profile)) return;
  throw new ClauthError({
    kind: "shared_chain",
    message: `profile "${profile}" holds the same login as profile "${owner}": a refresh in one would end the other`,
    hint: `${movingAside(paths.credentials, ".shared")}, then: clauth login ${profile}`,
    path: paths.credentials,
  });
}

/**
 * The same of a login that stands in the tree and is not yet the profile's: a file, or a whole tree of copies, that somebody copied.
 * @throws ClauthError `shared_chain`, with nothing changed
 */
export function refuseOffered(home: string, store: Store, places: Places, login: Uint8Array): void {
  const { profile, paths, claude, treeCredentials } = places;
  const other = holderOf(home, store, profile, login);
  const isHomes = holdsTokenOf(places, login, readRegularFile(claude.credentials));
  if (other === undefined && !isHomes) return;
  throw new ClauthError({
    kind: "shared_chain",
    message: `the tree of profile "${profile}" holds the login of ${isHomes ? claude.root : `profile "${other}"`}: a refresh in one would end the other`,
    hint: `mv ${shellWord(treeCredentials)} ${shellWord(`${paths.credentials}.tree`)}`,
    path: treeCredentials,
  });
}

/** The profile that a link in the place of the login leads into, whether or not a file is there. */
function leadsInto({ profiles }: Store, { credentials }: ProfilePaths): string | undefined {
  const target = resolveLinks(credentials);
  if (target === credentials) return undefined;
  const [name, ...below] = relative(profiles, normalize(target)).split(sep);
  return below.length === 0 || name === ".." ? undefined : name;
}

function holderOf(
  home: string,
  store: Store,
  profile: ProfileName,
  login: Uint8Array | undefined,
): string | undefined {
  const token = refreshTokenOf(login);
  if (token === undefined) return undefined;
  const isOther = ({ owner }: TokenHolder) => owner !== profile && owner !== claudeHomeOf(home).root;
  return tokenHolders(home, store).find((holder) => holder.token === token && isOther(holder))?.owner;
}

/** True where the profile's login is that of `~/.claude`, by its refresh token or because it is the same file. */
export function isSharedChain(places: Places): boolean {
  const ours = readRegularFile(places.paths.credentials);
  if (ours === undefined) return false;
  const home = readRegularFile(places.claude.credentials);
  if (home !== undefined && sameFile(ours.stat, home.stat)) return true;
  return holdsTokenOf(places, ours.bytes, home);
}

function holdsTokenOf({ homeLogin }: Places, login: Uint8Array, home: FileContent | undefined): boolean {
  const token = refreshTokenIn(login);
  if (token === undefined) return false;
  return token === refreshTokenIn(home?.bytes) || token === refreshTokenIn(homeLogin?.());
}

function refreshTokenIn(bytes: Uint8Array | undefined): string | undefined {
  const value = bytes === undefined ? undefined : parseJson(bytes);
  const login = isObject(value) ? ownValue(value, "claudeAiOauth") : undefined;
  const token = isObject(login) ? ownValue(login, "refreshToken") : undefined;
  return typeof token === "string" && token !== "" ? token : undefined;
}

import { join } from "node:path";
import { listDirectory } from "../disk/directory.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { withStateLock } from "../lock/store-lock.ts";
import { replacedLoginName } from "../merge/account.ts";
import { judgeFile } from "../merge/judge-credentials.ts";
import { withNewest } from "../merge/token-history.ts";
import type { Store } from "../paths.ts";
import { quarantineFile, quarantineKind } from "../quarantine.ts";
import { withBaseGuard } from "../reconcile/base-guard.ts";
import { readCredentialsMemory, writeCredentialsMemory } from "../reconcile/credentials-base.ts";
import type { Places } from "../reconcile/places.ts";
import { refuseInUse } from "./in-use.ts";
import { refreshTokenOf, type TokenHolder } from "./token-holders.ts";

/**
 * Puts a login from quarantine back as the profile's own; the one that it replaces goes to quarantine. From now on it counts as
 * the newest of the profile, else the next pass would take it for an old backup.
 * @param holders who holds which login now
 * @param id the name of a file in the profile's backups
 * @returns "replaced" where another one made way for it
 * @throws ClauthError `no_such_backup`, `not_a_login`, `profile_in_use`, `shared_chain`, `store_busy` (retry-safe)
 */
export function restoreLogin(
  holders: readonly TokenHolder[],
  store: Store,
  places: Places,
  id: string,
): "restored" | "replaced" | "unchanged" {
  const { paths, profile } = places;
  return withStateLock(store, () => {
    refuseInUse(profile, paths);
    const path = join(paths.backups, id);
    const known = quarantineKind(id) !== undefined && listDirectory(paths.backups).includes(id);
    const backup = known ? readRegularFile(path) : undefined;
    if (backup === undefined) throw noSuchBackup(profile);
    const login = judgeFile({ bytes: backup.bytes, mtimeNs: backup.stat.mtimeNs });
    if (!login.login) throw notALogin(id, path);
    refuseHeldElsewhere(holders, places, backup.bytes);
    return withBaseGuard(places, () => {
      const canonical = readRegularFile(paths.credentials);
      if (canonical !== undefined && equalBytes(canonical.bytes, backup.bytes)) return "unchanged";
      const memory = readCredentialsMemory(places);
      if (canonical !== undefined)
        quarantineFile(paths, replacedLoginName(memory?.owner ?? {}), canonical.bytes);
      writeCredentialsMemory(places, {
        canonicalHash: memory?.canonicalHash ?? "",
        history: withNewest(memory?.history ?? [], login),
        account: memory?.account ?? {},
        owner: memory?.owner,
      });
      writeFileAtomic(paths.credentials, backup.bytes, { sync: true, expect: canonical ?? "absent" });
      return canonical === undefined ? "restored" : "replaced";
    });
  });
}

function refuseHeldElsewhere(holders: readonly TokenHolder[], { profile }: Places, bytes: Uint8Array): void {
  const token = refreshTokenOf(bytes);
  const other = holders.find((holder) => holder.token === token && holder.owner !== profile);
  if (other === undefined) return;
  throw new ClauthError({
    kind: "shared_chain",
    message: `${other.path} holds this login now: a refresh in one place would end it in the other`,
    hint: `clauth login ${profile}`,
    path: other.path,
  });
}

function noSuchBackup(profile: string): ClauthError {
  return new ClauthError({
    kind: "no_such_backup",
    message: `profile "${profile}" has no backup of that name`,
    hint: `clauth backups ${profile}`,
  });
}

function notALogin(id: string, path: string): ClauthError {
  return new ClauthError({
    kind: "not_a_login",
    message: `${id} is not a login, and only logins can be put back`,
    hint: `look at it and copy what you need: ${path}`,
    path,
  });
}

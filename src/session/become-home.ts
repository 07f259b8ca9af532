import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { withStateLock } from "../lock/store-lock.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import type { Store } from "../paths.ts";
import { parseProfileConfig } from "../profile/profile-config.ts";
import { quarantineFile } from "../quarantine.ts";
import type { Places } from "../reconcile/places.ts";
import { refuseInUse } from "./in-use.ts";
import { isSharedChain } from "./shared-chain.ts";

/**
 * Makes a profile that exists stand for the login in `~/.claude`. Only one whose login is that very one, or which has none: the
 * copy goes to quarantine, and the profile's own settings stay in its directory unused.
 * @throws ClauthError `profile_exists`, `profile_in_use`, `profile_config_invalid`, `store_busy` (retry-safe)
 */
export function becomeHome(store: Store, places: Places): void {
  const { paths, profile } = places;
  withStateLock(store, () => {
    refuseInUse(profile, paths);
    const canonical = readRegularFile(paths.credentials);
    if (canonical !== undefined && judgeCredentials(canonical.bytes).login && !isSharedChain(places)) {
      throw hasLogin(profile);
    }
    const config = readRegularFile(paths.config);
    if (config !== undefined && parseProfileConfig(new TextDecoder().decode(config.bytes), paths.config).home)
      return;
    const text = withHome(config);
    parseProfileConfig(text, paths.config);
    if (canonical !== undefined) setAside(places, canonical);
    writeFileAtomic(paths.config, new TextEncoder().encode(text), { expect: config ?? "absent", sync: true });
  });
}

/** At the very top, where no table has begun yet. A `home` of another value there makes the text invalid, and is said. */
function withHome(config: FileContent | undefined): string {
  return `home = true\n${config === undefined ? "" : new TextDecoder().decode(config.bytes)}`;
}

/** Of a link nothing is kept: the bytes are those in `~/.claude`. */
function setAside({ paths, treeCredentials }: Places, canonical: FileContent): void {
  const found = attempt("look at", paths.credentials, () => disk.lstatIfThere(paths.credentials));
  if (found?.isSymbolicLink() !== true) quarantineFile(paths, "credentials-shared", canonical.bytes);
  removeFile(paths.credentials);
  // A tree that has no link has the login too.
  const copy = readRegularFile(treeCredentials);
  if (copy !== undefined && equalBytes(copy.bytes, canonical.bytes)) removeFile(treeCredentials);
}

function hasLogin(profile: string): ClauthError {
  return new ClauthError({
    kind: "profile_exists",
    message: `there is a profile "${profile}" already, with a login of its own`,
    hint: "choose another name for the login in ~/.claude",
  });
}

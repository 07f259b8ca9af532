import { checkpoint } from "../checkpoint.ts";
import type { Context } from "../context.ts";
import { ensureDirectory } from "../disk/directory.ts";
import { sweepTemporaries } from "../disk/sweep.ts";
import { concurrentModification } from "../disk/write-file.ts";
import type { JsonObject } from "../json.ts";
import { acquireStoreLock, rotationLock, stateLock, withStoreLock } from "../lock/store-lock.ts";
import { log } from "../log.ts";
import type { ProfilePaths, Store } from "../paths.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import { refuseForeignStore } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { withBaseGuard } from "../reconcile/base-guard.ts";
import { deletionMemory } from "../reconcile/deletion-memory.ts";
import type { PassMemory } from "../reconcile/live-pass.ts";
import { type Look, takeLook } from "../reconcile/look.ts";
import { openCredentials } from "../reconcile/open-credentials.ts";
import { openPass } from "../reconcile/open-pass.ts";
import { adoptPending } from "../reconcile/pending-credentials.ts";
import { type Places, placesOf } from "../reconcile/places.ts";
import { MISSING, signatureFrom, signatureOf } from "../reconcile/signature.ts";
import { treePass } from "../reconcile/tree-pass.ts";
import { forcedLinkMode } from "../tree/link-mode.ts";
import { livesAlone, othersMayWriteHome } from "./alone.ts";
import { createRecord, type HeldRecord, pruneDead } from "./record.ts";
import { refuseChainOfOther, refuseOffered, refuseSharedChain } from "./shared-chain.ts";

/** One run of claude under a profile, from the moment its tree is ready until `finalize`. */
export type Session = {
  readonly store: Store;
  readonly home: string;
  readonly places: Places;
  readonly config: ProfileConfig;
  readonly record: HeldRecord;
  /** What everything looked like when the tree was ready. */
  readonly look: Look;
  /** What its passes remember of each other. */
  readonly memory: PassMemory;
  /** True where the open left something to be carried home. */
  readonly outstanding: boolean;
};

export type SessionRequest = {
  readonly store: Store;
  readonly name: ProfileName;
  readonly config: ProfileConfig;
  /** Settings that come from the profile's config.toml. */
  readonly overlay: JsonObject;
};

/**
 * Opens a clauth session: finishes what a killed one left, brings the tree up to date, and takes the record that says
 * "this profile is in use". Only the credentials, the tree and the record can stop it.
 * @throws ClauthError
 */
export function openSession(
  context: Pick<Context, "home" | "cwd" | "env">,
  request: SessionRequest,
  found: Places = placesOf(context.home, request.store, request.name),
): Session {
  const { store, name, config } = request;
  const { paths } = found;
  const forced = forcedLinkMode(context.env);
  refuseForeignStore(store);
  const rotation = acquireStoreLock(rotationLock(paths), { waitMs: ROTATION_WAIT_MS });
  try {
    checkpoint("rotation-locked");
    // Not before: a profile that is removed or renamed while the lock is waited for must not come back half.
    for (const directory of [paths.base, paths.runtime, paths.sessions]) ensureDirectory(directory);
    return withStoreLock(stateLock(store), { waitMs: STATE_WAIT_MS }, () => {
      checkpoint("state-locked");
      refuseEdited(paths, config);
      pruneDead(paths);
      const alone = livesAlone(paths);
      if (alone)
        for (const directory of [paths.root, paths.base, paths.backups])
          sweepTemporaries(directory, { untouchedMs: 0 });
      if (alone) adoptPending(found);
      refuseSharedChain(found);
      const { mode, deferred } = treePass(found, { isolate: config.isolate, idle: alone, forced });
      const places = { ...found, mode };
      checkpoint("tree-ready");
      const outstanding = withBaseGuard(places, () => {
        const login = openCredentials(places, {
          pin: config.account,
          alone,
          refuseShared: (offered) => {
            refuseChainOfOther(context.home, store, places);
            if (offered !== undefined) refuseOffered(context.home, store, places, offered);
          },
        });
        checkpoint("credentials-ready");
        const settings = { overlay: request.overlay, keep: config.keepEnv, isolate: config.isolate };
        const say = (text: string) => log(store, name, text);
        const documents = openPass({
          places,
          settings,
          alone,
          othersWrite: () => othersMayWriteHome(places),
          say,
        });
        return login || documents || deferred;
      });
      checkpoint("documents-ready");
      const record = createRecord(paths, { profile: name, cwd: context.cwd });
      return {
        store,
        home: context.home,
        places,
        config,
        record,
        memory: { deletions: deletionMemory(), lastWriteMs: Number.NEGATIVE_INFINITY, sightings: new Map() },
        look: takeLook(places),
        outstanding: outstanding || mode !== "symlink",
      };
    });
  } finally {
    rotation.release();
  }
}

/**
 * What its config.toml says decides whose login is used, and was read before the locks were waited for (trap 10).
 * @throws ClauthError `concurrent_modification` (retry-safe)
 */
function refuseEdited({ config: path }: ProfilePaths, { file }: ProfileConfig): void {
  const now = signatureOf(path);
  if (now !== undefined && now !== (file === undefined ? MISSING : signatureFrom(file)))
    throw concurrentModification(path);
}

/** The Rust tool holds it over one HTTP request. */
const ROTATION_WAIT_MS = 25_000;

/** Everybody holds it for milliseconds; a copy of a large directory on a slow disk takes longer. */
const STATE_WAIT_MS = 10_000;

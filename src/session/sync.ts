import { existsSync } from "node:fs";
import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import type { ProfileName } from "../profile-name.ts";
import { deletionMemory } from "../reconcile/deletion-memory.ts";
import { livePass } from "../reconcile/live-pass.ts";
import type { Moment, Reconciled } from "../reconcile/pass.ts";
import { placesWithLogin } from "../reconcile/places.ts";
import { livesAlone, othersMayWriteHome } from "./alone.ts";
import { refuseInUse } from "./in-use.ts";
import { withRecord } from "./with-record.ts";

export type Wishes = Pick<Moment, "removals">;

export type Synced = {
  /** False where something could not be carried within a few seconds; the log says what. */
  readonly complete: boolean;
  /** What somebody has to mend before it can be carried. */
  readonly failed?: ClauthError | undefined;
  /** Lines for the user. */
  readonly notes: readonly string[];
};

/**
 * Reconciles a profile without starting claude: what a killed shim left is carried home, and what changed there reaches the
 * tree.
 * @throws ClauthError `store_busy` (retry-safe), `profile_vanished`, and those of `readProfileConfig`
 */
export async function syncProfile(
  context: Pick<Context, "cwd" | "env" | "home" | "platform">,
  store: Store,
  name: ProfileName,
  wishes: Wishes = {},
): Promise<Synced> {
  const places = await placesWithLogin(context, store, name);
  const config = readProfileConfig(places.paths);
  if (config.home || !existsSync(places.paths.runtime)) return NOTHING;
  return withRecord(store, places, context.cwd, (own) => {
    const memory = {
      deletions: deletionMemory(),
      lastWriteMs: Number.NEGATIVE_INFINITY,
      sightings: new Map(),
    };
    return untilSettled({ store, places, config, memory }, own.path, wishes);
  });
}

/**
 * The same before a profile is moved or its login replaced: nothing may live there, and all has to be carried.
 * @returns lines for the user
 * @throws ClauthError `profile_in_use`, `sync_incomplete` (retry-safe)
 */
export async function syncUnused(
  context: Pick<Context, "cwd" | "env" | "home" | "platform">,
  store: Store,
  name: ProfileName,
): Promise<readonly string[]> {
  refuseInUse(name, profilePathsOf(store, name));
  const { complete, notes } = await syncProfile(context, store, name);
  if (!complete) throw syncIncomplete([name], store);
  return notes;
}

export function syncIncomplete(names: readonly ProfileName[], { log }: Pick<Store, "log">): ClauthError {
  return new ClauthError({
    kind: "sync_incomplete",
    message: `not everything could be carried for ${names.join(", ")}`,
    hint: `try again in a moment; ${log} says what was busy`,
    path: log,
    retrySafe: true,
  });
}

/** The first of what has to be mended, with its own cure. */
export function syncFailed(name: ProfileName, { message, hint, path }: ClauthError): ClauthError {
  return new ClauthError({
    kind: "sync_failed",
    message: `not everything could be carried for ${name}: ${message}`,
    hint: hint ?? "clauth doctor",
    ...(path === undefined ? {} : { path }),
  });
}

const NOTHING: Synced = { complete: true, notes: [] };

/** A file that Claude Code writes just now asks for another look. */
async function untilSettled(reconciled: Reconciled, own: string, wishes: Wishes): Promise<Synced> {
  const { places } = reconciled;
  for (let waitedMs = 0; ; ) {
    const alone = livesAlone(places.paths, own);
    const quiet = () => alone && !othersMayWriteHome(places);
    const { again, failed, notes } = await livePass(reconciled, {
      moment: alone ? "final" : "running",
      quiet,
      ...wishes,
    });
    if (again === undefined || waitedMs > PATIENCE_MS)
      return { complete: again === undefined, failed, notes };
    await Bun.sleep(again);
    waitedMs += again;
  }
}

const PATIENCE_MS = 6000;

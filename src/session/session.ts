import type { Context } from "../context.ts";
import type { JsonObject } from "../json.ts";
import type { Store } from "../paths.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import type { ProfileName } from "../profile-name.ts";
import { deletionMemory } from "../reconcile/deletion-memory.ts";
import type { Look } from "../reconcile/look.ts";
import type { PassMemory } from "../reconcile/pass.ts";
import type { Places } from "../reconcile/places.ts";
import type { LinkMode } from "../tree/forced-mode.ts";
import { createRecord, type HeldRecord } from "./record.ts";

/** One run of claude under a profile, from the moment its tree is ready until `finalize`. */
export type Session = SessionRequest & {
  readonly home: string;
  readonly places: Places;
  readonly record: HeldRecord;
  /** What everything looked like when the tree was ready. */
  readonly look: Look;
  /** What its passes remember of each other. */
  readonly memory: PassMemory;
  /** True where the open left something to be carried home. */
  readonly outstanding: boolean;
  /** True where the tree was at rest when it was opened. */
  readonly atRest: boolean;
  /** True where some entry of the tree could not be made what it should be, or waits. */
  readonly imperfect: boolean;
  readonly executable: string;
  /** What CLAUTH_LINK_MODE asked for. */
  readonly forced: LinkMode | undefined;
};

export type SessionRequest = {
  readonly store: Store;
  readonly name: ProfileName;
  readonly config: ProfileConfig;
  /** Settings that come from the profile's config.toml. */
  readonly overlay: JsonObject;
};

/** As much of the call as an open goes by. */
export type OpenContext = Pick<Context, "home" | "cwd" | "env" | "executable">;

/** Takes the record that says "this profile is in use". The caller holds the state lock, and the tree is ready. */
export function beginSession(
  { home, cwd, executable }: OpenContext,
  request: SessionRequest,
  ready: Pick<Session, "places" | "look" | "outstanding" | "atRest" | "imperfect" | "forced">,
): Session {
  const record = createRecord(ready.places.paths, { profile: request.name, cwd });
  const memory = {
    deletions: deletionMemory(),
    lastWriteMs: Number.NEGATIVE_INFINITY,
    sightings: new Map(),
  };
  return { ...request, ...ready, home, executable, record, memory };
}

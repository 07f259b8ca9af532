import { equalJson, isObject, type JsonObject, ownValue } from "../json.ts";
import type { Isolation } from "../tree/entries.ts";
import { readBaseDocument, writeBaseDocument } from "./base.ts";
import type { Places } from "./places.ts";

/** What of a profile's config.toml goes into the settings of its tree. */
export type ProfileSettings = {
  readonly overlay: JsonObject;
  /** The profile's `keep_env`. */
  readonly keep: readonly string[];
  /** The profile's `isolate`; where not given nothing is. */
  readonly isolate?: Isolation | undefined;
};

/** The overlays that the tree's settings may hold, the last one last. */
export function appliedOverlays(places: Places): readonly JsonObject[] {
  const document = readBaseDocument(places, "overlay.json");
  const overlays = document === "void" ? undefined : ownValue(document, "applied");
  return Array.isArray(overlays) ? overlays.filter(isObject) : [];
}

/** True where the tree's settings were last merged with just these. */
export function areApplied(places: Places, settings: ProfileSettings): boolean {
  return equalJson(readBaseDocument(places, "overlay.json"), noteOf([settings.overlay], settings.keep));
}

/**
 * Notes a new overlay beside those that may still stand in the tree, before it is applied: after a kill in between neither
 * is taken for the user's own edit.
 */
export function noteBeforeApplying(places: Places, { overlay, keep }: ProfileSettings): void {
  writeBaseDocument(
    places,
    "overlay.json",
    noteOf([...appliedOverlays(places), overlay], [...keep, PENDING]),
  );
}

/** Notes that the tree's settings hold this overlay and no other. */
export function noteApplied(places: Places, { overlay, keep }: ProfileSettings): void {
  writeBaseDocument(places, "overlay.json", noteOf([overlay], keep));
}

/** No name of a variable: what is noted with it never counts as applied. */
const PENDING = "(being applied)";

function noteOf(applied: readonly JsonObject[], keep: readonly string[]): JsonObject {
  return { applied, keep };
}

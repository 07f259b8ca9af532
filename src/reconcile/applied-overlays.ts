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

/**
 * The overlays that the tree's settings may hold, and those that its running sessions once had, whose children may still
 * carry their variables; the last one last.
 */
export function appliedOverlays(places: Places): readonly JsonObject[] {
  return notedOverlays(places) ?? [];
}

/** As `appliedOverlays`; undefined where the note is missing or damaged, so that nothing is known of them. */
export function notedOverlays(places: Places): readonly JsonObject[] | undefined {
  const document = readBaseDocument(places, "overlay.json");
  const overlays = document === "void" ? undefined : ownValue(document, "applied");
  return Array.isArray(overlays) && overlays.every(isObject) ? overlays : undefined;
}

/**
 * True where the tree's settings were last merged with just these.
 * @param open.alone true where nothing lives in the tree: then a note of former overlays is to be cleared too
 */
export function areApplied(
  places: Places,
  settings: ProfileSettings,
  { alone }: { readonly alone: boolean },
): boolean {
  const noted = readBaseDocument(places, "overlay.json");
  const former = alone ? [] : appliedOverlays(places).slice(0, -1);
  return equalJson(noted, noteOf([...former, settings.overlay], settings.keep));
}

/**
 * Notes a new overlay beside those that may still stand in the tree, before it is applied: after a kill in between neither
 * is taken for the user's own edit.
 */
export function noteBeforeApplying(places: Places, { overlay, keep }: ProfileSettings): void {
  writeBaseDocument(
    places,
    "overlay.json",
    noteOf([...formerOverlays(places, overlay), overlay], [...keep, PENDING]),
  );
}

/**
 * Notes that the tree's settings hold this overlay and no other.
 * @param open.alone false where sessions live in the tree: then what they had is kept, since Claude exported it to their children
 */
export function noteApplied(
  places: Places,
  { overlay, keep }: ProfileSettings,
  { alone }: { readonly alone: boolean },
): void {
  const former = alone ? [] : formerOverlays(places, overlay);
  writeBaseDocument(places, "overlay.json", noteOf([...former, overlay], keep));
}

function formerOverlays(places: Places, overlay: JsonObject): readonly JsonObject[] {
  return appliedOverlays(places).filter((former) => !equalJson(former, overlay));
}

/** No name of a variable: what is noted with it never counts as applied. */
const PENDING = "(being applied)";

function noteOf(applied: readonly JsonObject[], keep: readonly string[]): JsonObject {
  return { applied, keep };
}

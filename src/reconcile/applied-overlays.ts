import { isObject, type JsonObject, ownValue } from "../json.ts";
import { readBaseDocument, writeBaseDocument } from "./base.ts";
import type { Places } from "./places.ts";

/**
 * The overlays that the tree's settings may hold, the last one last. Before a new one is applied both are noted, so that
 * after a kill in between neither is taken for the user's own edit.
 */
export function appliedOverlays(places: Places): readonly JsonObject[] {
  const document = readBaseDocument(places, "overlay.json");
  const overlays = document === "void" ? undefined : ownValue(document, "applied");
  return Array.isArray(overlays) ? overlays.filter(isObject) : [];
}

/** Notes them. Writes nothing where the same are noted already. */
export function rememberOverlays(places: Places, overlays: readonly JsonObject[]): void {
  writeBaseDocument(places, "overlay.json", { applied: overlays });
}

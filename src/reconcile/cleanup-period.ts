import { readRegularFile } from "../disk/read-file.ts";
import { isObject, type JsonObject, ownValue, parseJson } from "../json.ts";
import { appliedOverlays, type ProfileSettings } from "./applied-overlays.ts";
import { isOwnDocument } from "./kinds.ts";
import type { Places } from "./places.ts";

/**
 * Claude Code deletes transcripts and more that are older than `cleanupPeriodDays` of its settings, 30 where they don't say. A profile
 * with settings of its own beside shared transcripts must not delete what the user keeps for longer (trap 29): home's number
 * is part of what it is given.
 */
export function withSharedCleanup(places: Places, settings: ProfileSettings): ProfileSettings {
  const { isolate, overlay } = settings;
  if (isolate === "all" || !isOwnDocument("settings.json", isolate)) return settings;
  const home = homeSettings(places);
  const days = ownValue(home ?? appliedOverlays(places).at(-1) ?? {}, KEY);
  return days === undefined ? settings : { ...settings, overlay: { ...overlay, [KEY]: days } };
}

/** Undefined where they can't be read or are damaged: then what was given last still holds. */
function homeSettings({ claude }: Places): JsonObject | undefined {
  try {
    const content = readRegularFile(claude.settings);
    if (content === undefined) return {};
    const value = parseJson(content.bytes);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const KEY = "cleanupPeriodDays";

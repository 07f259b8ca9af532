import type { JsonObject } from "../json.ts";
import {
  accountPart,
  agreedClaudeJson,
  isServerEntry,
  mergeClaudeJson,
  seedClaudeJson,
} from "../merge/claude-json.ts";
import { mapStrings } from "../merge/leaves.ts";
import { agreedSettings, mergeSettings } from "../merge/settings.ts";
import { join } from "../path.ts";
import { type Isolation, isIsolated } from "../tree/entries.ts";
import { homeward } from "../tree/leaked-paths.ts";
import type { DocumentKind } from "./document.ts";
import type { Places } from "./places.ts";

export type Overlays = {
  /** What the tree's settings have to hold beside the shared ones. */
  readonly overlay: JsonObject;
  /** Every overlay that the tree may still hold, the last one last. */
  readonly applied: readonly JsonObject[];
  /** The profile's `keep_env`. */
  readonly keep: readonly string[];
  /** The profile's `isolate`; where not given nothing is. */
  readonly isolate?: Isolation | undefined;
};

/** The documents that are merged three ways; one that is the profile's own has nothing to be merged with. */
export function documentKinds(places: Places, overlays: Overlays): readonly DocumentKind[] {
  return [claudeJsonKind(places, overlays.isolate), settingsKind(places, overlays)];
}

export function claudeJsonKind(places: Places, isolate: Isolation | undefined): DocumentKind {
  return isOwnDocument("claude.json", isolate)
    ? ownDocument(places, claudeJson(places, asItIs))
    : claudeJson(places, homePaths(places));
}

export function settingsKind(places: Places, overlays: Overlays): DocumentKind {
  return isOwnDocument("settings.json", overlays.isolate)
    ? ownDocument(places, settings(places, overlays, asItIs))
    : settings(places, overlays, homePaths(places));
}

/** True where the profile does not share this document with `~/.claude`. */
export function isOwnDocument(name: DocumentKind["name"], isolate: Isolation = []): boolean {
  return isIsolated(name === "claude.json" ? ".claude.json" : name, isolate);
}

/** Home's side is missing for it, and stays so: the tree holds its own and the overlay. */
function ownDocument(places: Places, kind: DocumentKind): DocumentKind {
  return {
    ...kind,
    home: join(places.paths.base, "(none)"),
    merge: (sides) => ({ ...kind.merge(sides), home: sides.home }),
  };
}

function claudeJson(places: Places, rewriteHome: RewriteHome): DocumentKind {
  return {
    name: "claude.json",
    home: places.homeJson,
    tree: places.treeJson,
    merge: (sides) => mergeClaudeJson({ ...sides, rewriteHome }),
    atomic: isServerEntry,
    agreed: agreedClaudeJson,
    seed: (sources) => seedClaudeJson(sources),
    accountPart,
  };
}

function settings(
  places: Places,
  { overlay, applied, keep }: Overlays,
  rewriteHome: RewriteHome,
): DocumentKind {
  return {
    name: "settings.json",
    home: places.claude.settings,
    tree: places.treeSettings,
    merge: (sides) => mergeSettings({ ...sides, overlay, applied, keep, rewriteHome }),
    atomic: () => false,
    agreed: (base, home, tree) => agreedSettings({ base, home, tree, overlay, keep }),
    // The merge itself brings what is shared: home's identity keys must not even pass through.
    seed: () => ({}),
    accountPart: () => ({}),
  };
}

type RewriteHome = (document: JsonObject) => JsonObject;

function asItIs(document: JsonObject): JsonObject {
  return document;
}

/**
 * Absolute paths into the tree mean nothing to the other profiles, and nothing to plain Claude. Most documents have none, which one
 * search of the whole text tells: string by string 1 MB takes 9 ms.
 */
function homePaths({ paths: { runtime }, claude }: Places): RewriteHome {
  const quoted = JSON.stringify(runtime).slice(1, -1);
  return (document) =>
    JSON.stringify(document).includes(quoted)
      ? mapStrings(document, (text) => homeward(text, { runtime, claudeRoot: claude.root }))
      : document;
}

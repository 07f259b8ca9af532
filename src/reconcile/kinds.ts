import type { JsonObject } from "../json.ts";
import {
  accountPart,
  agreedClaudeJson,
  isServerEntry,
  mergeClaudeJson,
  seedClaudeJson,
} from "../merge/claude-json.ts";
import { agreedSettings, mergeSettings } from "../merge/settings.ts";
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
};

/** The documents that are merged three ways. */
export function documentKinds(places: Places, overlays: Overlays): readonly DocumentKind[] {
  return [claudeJson(places), settings(places, overlays)];
}

function claudeJson(places: Places): DocumentKind {
  return {
    name: "claude.json",
    home: places.homeJson,
    tree: places.treeJson,
    merge: (sides) => mergeClaudeJson({ ...sides, rewriteHome: rewriteHome(places) }),
    atomic: isServerEntry,
    agreed: agreedClaudeJson,
    seed: (sources) => seedClaudeJson(sources),
    accountPart,
  };
}

function settings(places: Places, { overlay, applied, keep }: Overlays): DocumentKind {
  return {
    name: "settings.json",
    home: places.claude.settings,
    tree: places.treeSettings,
    merge: (sides) => mergeSettings({ ...sides, overlay, applied, keep, rewriteHome: rewriteHome(places) }),
    atomic: () => false,
    agreed: (base, home, tree) => agreedSettings({ base, home, tree, overlay, keep }),
    // The merge itself brings what is shared: home's identity keys must not even pass through.
    seed: () => ({}),
    accountPart: () => ({}),
  };
}

/** Absolute paths into the tree mean nothing to the other profiles, and nothing to plain Claude. */
function rewriteHome({ paths, claude }: Places): (text: string) => string {
  return (text) => homeward(text, { runtime: paths.runtime, claudeRoot: claude.root });
}

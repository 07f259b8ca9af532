import type { Context } from "../context.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { overlayOf } from "../profile/overlay.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { profileExists } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { notedOverlays } from "../reconcile/applied-overlays.ts";
import { placesOf } from "../reconcile/places.ts";
import { profileOfTree } from "../selection/resolve.ts";
import type { ParentProfile } from "./child-environment.ts";

/**
 * The profile of the claude around this call, with the settings that it may have had from its profile: Claude Code exports their `env`
 * to everything that it starts. Undefined where no claude of ours is around.
 */
export function parentProfile(
  context: Pick<Context, "env" | "home" | "cwd">,
  store: Store,
): ParentProfile | undefined {
  const configDir = context.env["CLAUDE_CONFIG_DIR"];
  const tree = configDir ? profileOfTree(configDir, store, context.cwd) : undefined;
  const active = context.env["CLAUTH_ACTIVE_PROFILE"];
  const name = tree ?? (active ? profileExists(store, active) : undefined);
  if (name === undefined) return undefined;
  return { name, ownsConfigDir: tree !== undefined, ...exportedOverlays(context, store, name) };
}

function exportedOverlays(
  context: Pick<Context, "home">,
  store: Store,
  name: ProfileName,
): Pick<ParentProfile, "overlays" | "known"> {
  const config = quietly(() => readProfileConfig(profilePathsOf(store, name)));
  // Such a profile has no tree of its own, and nothing is put into the settings of ~/.claude.
  if (config?.home) return { overlays: [], known: true };
  const noted = quietly(() => notedOverlays(placesOf(context.home, store, name)));
  if (noted !== undefined) return { overlays: noted, known: true };
  const now = config && overlayOf(config, { name, clauthCommand: "clauth" });
  return { overlays: now === undefined ? [] : [now], known: false };
}

/** What can't be read is as little known as what is not there. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

import type { Context } from "../context.ts";
import type { Store } from "../paths.ts";
import { profileExists } from "../profile/profiles.ts";
import { appliedOverlays } from "../reconcile/applied-overlays.ts";
import { placesOf } from "../reconcile/places.ts";
import { profileOfTree } from "../selection/resolve.ts";
import type { ParentProfile } from "./child-environment.ts";

/**
 * The profile of the claude around this call, with the settings that it had from its profile: Claude Code exports their `env`
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
  const overlay = appliedOverlays(placesOf(context.home, store, name)).at(-1) ?? {};
  return { name, ownsConfigDir: tree !== undefined, overlay };
}

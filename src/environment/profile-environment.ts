import type { Context } from "../context.ts";
import { realPath } from "../disk/real-path.ts";
import type { JsonObject } from "../json.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import type { ProfileName } from "../profile-name.ts";
import { type ChildEnvironment, childEnvironment } from "./child-environment.ts";
import { findOverrides, managedDirectories } from "./overrides.ts";
import { parentProfile } from "./parent-profile.ts";
import type { Override } from "./settings-tier.ts";

export type ProfileCall = {
  readonly name: ProfileName;
  /** True where this very call asked for the profile. */
  readonly explicit: boolean;
  readonly profile: ProfileConfig;
  /** The recursion guard for the child. */
  readonly guard: Readonly<Record<string, string>>;
};

/** What a claude under a profile sees of the caller's environment. */
export function profileEnvironment(context: Context, store: Store, call: ProfileCall): ChildEnvironment {
  const { name, explicit, profile, guard } = call;
  const parent = parentProfile(context, store);
  return childEnvironment({
    env: context.env,
    platform: context.platform,
    selection: { kind: "profile", name, explicit },
    keepEnv: profile.keepEnv,
    guard,
    ...(parent && { parent }),
    ...(!profile.home && { configDir: profilePathsOf(store, name).runtime }),
  });
}

/** What stands above the profile's settings in the working directory and can't be changed by us. */
export function overridesHere(context: Context, { keepEnv }: ProfileConfig, overlay: JsonObject): Override[] {
  const { cwd, platform } = context;
  const place = { cwd, home: realPath(context.home), managedDirs: managedDirectories(platform) };
  return findOverrides(place, { keep: keepEnv, overlay });
}

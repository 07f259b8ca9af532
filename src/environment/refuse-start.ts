import type { Config } from "../config/config.ts";
import type { Context } from "../context.ts";
import { realPath } from "../disk/real-path.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import { refuseHomeSettings } from "./home-settings.ts";
import { refuseRemoteLogin } from "./remote-login.ts";
import { refuseSdkFederation } from "./sdk-federation.ts";
import { refuseSteering } from "./steering-settings.ts";

/**
 * Refuses a start where something that no environment of ours can turn off would beat the profile's login, or would pick
 * another one for the claudes inside against the user's policy.
 * @throws ClauthError `home_settings_win`, `sdk_federation_wins`, `remote_login_wins`, `settings_steer_clauth`
 */
export function refuseStart(
  context: Context,
  profile: ProfileConfig,
  { trust }: Pick<Config, "trust">,
): void {
  if (!profile.home) refuseHomeSettings(context, profile.keepEnv);
  refuseSdkFederation(context, profile);
  refuseRemoteLogin(context, profile);
  if (trust === "allow") refuseSteering({ cwd: context.cwd, home: realPath(context.home) }, profile.keepEnv);
}

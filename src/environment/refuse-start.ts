import type { Context } from "../context.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import { refuseHomeSettings } from "./home-settings.ts";
import { refuseRemoteLogin } from "./remote-login.ts";
import { refuseSdkFederation } from "./sdk-federation.ts";

/**
 * Refuses a start where something that no environment of ours can turn off would beat the profile's login.
 * @throws ClauthError `home_settings_win`, `sdk_federation_wins`, `remote_login_wins`
 */
export function refuseStart(context: Context, profile: ProfileConfig): void {
  if (!profile.home) refuseHomeSettings(context, profile.keepEnv);
  refuseSdkFederation(context, profile);
  refuseRemoteLogin(context, profile);
}

import { type ProfileConfig, parseProfileConfig } from "./profile-config.ts";

/** What `clauth add` may put into a new profile's config.toml. */
export type NewProfileConfig = Partial<Pick<ProfileConfig, "baseUrl" | "apiKey" | "account">> & {
  readonly home?: boolean;
};

/**
 * The text of a new config.toml; empty where it would hold nothing.
 * @param path where it will stand, for the message
 * @throws ClauthError `profile_config_invalid` where the profile could not be started with it
 */
export function newProfileConfig(values: NewProfileConfig, path: string): string {
  const lines = [
    ["home", values.home === true ? "true" : undefined],
    ["base_url", quoted(values.baseUrl)],
    ["api_key", quoted(values.apiKey)],
    ["account", quoted(values.account)],
  ].flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}\n`]));
  const text = lines.join("");
  parseProfileConfig(text, path);
  return text;
}

/** As a TOML basic string: JSON's escapes are TOML's, but for DEL, which JSON leaves as it is. */
function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

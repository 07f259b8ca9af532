import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { existsSync } from "../fs.ts";
import { identityVariable } from "../identity-keys.ts";
import { isObject, ownValue, parseJson } from "../json.ts";
import { join } from "../path.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";

/**
 * Stops a start where the Anthropic SDK's own active profile is a federation: Claude Code exchanges that identity for a
 * token and never looks at the login of its config directory, without any variable being set. (Seen on 2.1.197 and
 * 2.1.329. An SDK profile of another kind loses to a login; an API key or a provider of the profile's own wins.)
 * @throws ClauthError `sdk_federation_wins`
 */
export function refuseSdkFederation(
  context: Pick<Context, "env" | "home" | "platform">,
  profile: Pick<ProfileConfig, "apiKey" | "env" | "keepEnv">,
): void {
  if (profile.apiKey !== undefined || choosesItsOwn(profile)) return;
  const directory = sdkDirectory(context);
  if (!existsSync(directory)) return;
  const file = join(directory, "configs", `${activeName(directory)}.json`);
  if (!isFederation(file)) return;
  throw new ClauthError({
    kind: "sdk_federation_wins",
    message: `${file} is an active federation of the Anthropic SDK, which Claude Code prefers to the profile's login`,
    hint: 'in the profile\'s config.toml, under [env]: ANTHROPIC_CONFIG_DIR = "/nonexistent"; or, to use the federation: keep_env = ["ANTHROPIC_CONFIG_DIR"]',
    path: file,
  });
}

/** True where the user decided by [env] or keep_env what the login is to be, or where the SDK looks. */
function choosesItsOwn(profile: Pick<ProfileConfig, "env" | "keepEnv">): boolean {
  if (profile.env.length === 0 && profile.keepEnv.length === 0) return false;
  const set = profile.env.filter(([, value]) => value !== "").map(([name]) => name);
  return [...set, ...profile.keepEnv].some(
    (name) => DECIDES.includes(name) || identityVariable(name)?.why === "switches to another provider",
  );
}

const DECIDES: readonly string[] = [
  "ANTHROPIC_CONFIG_DIR",
  "ANTHROPIC_PROFILE",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
];

/** Without ANTHROPIC_CONFIG_DIR, which a profile's child does not get. */
function sdkDirectory({ env, home, platform }: Pick<Context, "env" | "home" | "platform">): string {
  const appData = platform === "win32" ? env["APPDATA"] : undefined;
  return join(appData || env["XDG_CONFIG_HOME"] || join(home, ".config"), "anthropic");
}

function activeName(directory: string): string {
  const name = readText(join(directory, "active_config"))?.trim() ?? "";
  return /^[\w.@+-]+$/.test(name) ? name : "default";
}

function isFederation(file: string): boolean {
  const config = parseJson(new TextEncoder().encode(readText(file) ?? ""));
  const authentication = isObject(config) ? ownValue(config, "authentication") : undefined;
  return isObject(authentication) && ownValue(authentication, "type") === "oidc_federation";
}

/** Undefined too for what Claude can't read either. */
function readText(path: string): string | undefined {
  try {
    const content = readRegularFile(path, { maxBytes: 1024 * 1024 });
    return content === undefined ? undefined : new TextDecoder().decode(content.bytes);
  } catch {
    return undefined;
  }
}

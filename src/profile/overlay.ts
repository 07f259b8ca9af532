import type { Json, JsonObject } from "../json.ts";
import { objectFrom } from "../json.ts";
import type { ProfileName } from "../profile-name.ts";
import type { ModelKey, ProfileConfig } from "./profile-config.ts";

/**
 * The settings that come from a profile's config.toml, as a part of settings.json: `{env?, model?, apiKeyHelper?}`.
 * They stand over the shared settings in the profile's tree and never leave it.
 * @param own.clauthCommand absolute path of our executable, by which Claude asks for the API key
 */
export function overlayOf(
  config: ProfileConfig,
  own: { readonly name: ProfileName; readonly clauthCommand: string },
): JsonObject {
  const env = objectFrom(environmentOf(config));
  const model = defaultModel(config);
  const overlay: Record<string, Json> = {};
  if (Object.keys(env).length > 0) overlay["env"] = env;
  if (model !== undefined) overlay["model"] = model;
  if (config.apiKey !== undefined) {
    // Never through `env`: Claude exports that to every tool it runs (trap 27).
    overlay["apiKeyHelper"] = `${quoted(own.clauthCommand)} __api-key ${own.name}`;
  }
  return overlay;
}

function defaultModel({ models }: ProfileConfig): string | undefined {
  for (const [key, model] of models) if (key === "default") return model;
  return undefined;
}

/** The user's own [env] comes last and so wins over what we derive. */
function environmentOf(config: ProfileConfig): [string, Json][] {
  const pairs: [string, Json][] = [];
  if (config.baseUrl !== undefined) pairs.push(["ANTHROPIC_BASE_URL", config.baseUrl]);
  for (const [key, model] of config.models) {
    const variable = MODEL_VARIABLES[key];
    if (variable !== undefined) pairs.push([variable, model]);
  }
  for (const [name, value] of config.env) pairs.push([name, value]);
  return pairs;
}

const MODEL_VARIABLES: Readonly<Record<ModelKey, string | undefined>> = {
  default: undefined,
  opus: "ANTHROPIC_DEFAULT_OPUS_MODEL",
  sonnet: "ANTHROPIC_DEFAULT_SONNET_MODEL",
  haiku: "ANTHROPIC_DEFAULT_HAIKU_MODEL",
  fable: "ANTHROPIC_DEFAULT_FABLE_MODEL",
  subagent: "CLAUDE_CODE_SUBAGENT_MODEL",
};

/**
 * A path as one word of the shell that runs the helper. A Windows path takes double quotes, which both cmd and sh read
 * the same way; names of profiles need none.
 */
function quoted(path: string): string {
  if (/^[A-Za-z]:[\\/]/.test(path)) return `"${path}"`;
  return /^[\w./+@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/**
 * The one list of what decides whose login Claude Code uses and where it goes. It serves the child's environment,
 * the shedding of a parent profile's overlay, the merge of shared settings and the report of overrides.
 *
 * Observed with 2.1.197 and 2.1.329 against a mock API: each entry beat, replaced or redirected the login that
 * stood in the config directory, unless its reason says that it goes by its name.
 */
export type IdentityVariable = {
  readonly why: string;
  /** True where an empty value has its effect too; any other entry is as good as unset then. */
  readonly emptyCounts?: boolean;
} & ({ readonly name: string } | { readonly pattern: RegExp });

export const IDENTITY_ENV: readonly IdentityVariable[] = [
  { name: "ANTHROPIC_API_KEY", why: "is sent as the API key in place of the login" },
  { name: "ANTHROPIC_AUTH_TOKEN", why: "is sent as the bearer token in place of the login" },
  { name: "CLAUDE_CODE_OAUTH_TOKEN", why: "is sent as the bearer token in place of the stored login" },
  { name: "ANTHROPIC_CUSTOM_HEADERS", why: "can replace the Authorization header" },
  { pattern: /^ANTHROPIC_(\w+_)?BASE_URL$/, why: "sends the login to another server" },
  { pattern: /^CLAUDE_CODE_(\w+_)?API_BASE_URL$/, why: "sends the login to another server, by its name" },
  { name: "ANTHROPIC_UNIX_SOCKET", why: "sends requests to a local proxy and ignores the login" },
  { name: "CLAUDE_CODE_CUSTOM_OAUTH_URL", why: "logs in and refreshes at another server" },
  {
    // The names excepted are switches of features; an unknown one is taken for a provider, never the reverse.
    pattern: /^CLAUDE_CODE_USE_(?!CCR_|COWORK_|NATIVE_|POWERSHELL_)\w+$/,
    why: "switches to another provider",
  },
  {
    name: "CLAUDE_CODE_USE_COWORK_PLUGINS",
    why: "reads cowork_settings.json in the place of the profile's settings",
  },
  { pattern: /^ANTHROPIC_IDENTITY_TOKEN(_FILE)?$/, why: "is exchanged for a token of its own" },
  { name: "ANTHROPIC_FEDERATION_RULE_ID", why: "takes part in the exchange of an identity token" },
  { name: "ANTHROPIC_ORGANIZATION_ID", why: "takes part in the exchange of an identity token" },
  { name: "ANTHROPIC_SERVICE_ACCOUNT_ID", why: "takes part in the exchange of an identity token" },
  { name: "ANTHROPIC_PROFILE", why: "uses that login of the Anthropic SDK" },
  {
    name: "ANTHROPIC_CONFIG_DIR",
    why: "is where the Anthropic SDK's logins are read; a federation there wins",
  },
  {
    pattern: /^CLAUDE_CODE_(\w+_)?(TOKEN|KEY|AUTH)_FILE_DESCRIPTOR$/,
    why: "names a descriptor that a token is read from",
  },
  { name: "CLAUDE_CODE_SIMPLE", why: "ignores the stored login" },
  { name: "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST", why: "ignores the stored login (newer versions)" },
  {
    name: "CLAUDE_CODE_REMOTE_TOOLS_PIN_STORED_LOGIN",
    why: "stops the start with status 78 (newer versions)",
  },
  {
    name: "CLAUDE_SECURESTORAGE_CONFIG_DIR",
    why: "reads the login of another directory; empty, that of ~/.claude",
    emptyCounts: true,
  },
  { name: "CLAUDE_CONFIG_DIR", why: "moves the whole configuration, the login with it" },
];

/**
 * True for an environment variable that beats the login of the config directory or sends it elsewhere.
 * CLAUDE_CODE_OAUTH_REFRESH_TOKEN and _SCOPES are none: only `claude auth login` reads them.
 */
export function beatsLogin(name: string): boolean {
  return identityVariable(name) !== undefined;
}

/** The entry that a variable falls under. */
export function identityVariable(name: string): IdentityVariable | undefined {
  // Asked of the whole environment before every start: without this the patterns cost 0.5 ms (measured on Bun 1.4.5).
  if (!name.startsWith("ANTHROPIC_") && !name.startsWith("CLAUDE_")) return undefined;
  return IDENTITY_ENV.find((entry) => ("name" in entry ? entry.name === name : entry.pattern.test(name)));
}

export type IdentitySetting = { readonly why: string } & (
  | { readonly key: string }
  | { readonly prefix: string }
);

/** Top-level keys of settings.json that do what the variables do. They never travel between profiles. */
export const IDENTITY_SETTINGS: readonly IdentitySetting[] = [
  { key: "apiKeyHelper", why: "its output is sent in place of the login" },
  { key: "proxyAuthHelper", why: "its output is sent to the proxy" },
  { key: "awsCredentialExport", why: "hands out credentials of another provider" },
  { key: "awsAuthRefresh", why: "renews credentials of another provider" },
  { key: "gcpAuthRefresh", why: "renews credentials of another provider" },
  { key: "otelHeadersHelper", why: "its output is sent with telemetry" },
  { prefix: "forceLogin", why: "decides which account may log in" },
];

/**
 * True where the value at `path` of a settings document (`["apiKeyHelper"]`, `["env", "ANTHROPIC_API_KEY"]`)
 * decides the identity. `keep` is a profile's `keep_env`: variables or top-level keys that it lets through.
 */
export function isIdentitySetting(path: readonly string[], keep: readonly string[] = []): boolean {
  const name = path[0] === "env" ? path[1] : path[0];
  return name !== undefined && !keep.includes(name) && identitySettingAt(path) !== undefined;
}

/** The entry that a place in a settings document falls under. */
export function identitySettingAt(path: readonly string[]): { readonly why: string } | undefined {
  const [top, variable] = path;
  if (top === undefined) return undefined;
  if (top === "env") return variable === undefined ? undefined : identityVariable(variable);
  return IDENTITY_SETTINGS.find((entry) =>
    "key" in entry ? entry.key === top : top.startsWith(entry.prefix),
  );
}

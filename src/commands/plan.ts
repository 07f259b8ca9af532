import { isObject, type JsonObject, ownValue } from "../json.ts";

/**
 * The plan that a login is of, in the words of its credentials file: "pro", "max 20x". Undefined where the file does not say.
 * Claude Code keeps `subscriptionType` ("max") and, of newer logins, `rateLimitTier` ("default_claude_max_20x") there.
 */
export function planOf(credentials: JsonObject | undefined): string | undefined {
  const login = credentials === undefined ? undefined : ownValue(credentials, "claudeAiOauth");
  if (!isObject(login)) return undefined;
  const plan = ownValue(login, "subscriptionType");
  if (typeof plan !== "string" || !/^[\w -]{1,40}$/.test(plan)) return undefined;
  const tier = ownValue(login, "rateLimitTier");
  const factor = typeof tier === "string" ? /_(\d{1,3}x)$/.exec(tier)?.[1] : undefined;
  return factor === undefined ? plan : `${plan} ${factor}`;
}

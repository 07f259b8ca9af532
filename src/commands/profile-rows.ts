import { type Config, readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { isDamaged } from "../disk/is-damaged.ts";
import { ClauthError } from "../errors.ts";
import { type ProfilePaths, type Store, storeOf } from "../paths.ts";
import { type ProfileConfig, readProfileConfig } from "../profile/profile-config.ts";
import { listProfiles } from "../profile/profiles.ts";
import { type ProfileName, sameName } from "../profile-name.ts";
import { type Places, placesOf } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { resolveSelection } from "../selection/resolve.ts";
import type { Selection } from "../selection/select.ts";
import { listRecords } from "../session/record.ts";
import { accountOf } from "./account.ts";
import { loginFound, loginOfProfile } from "./found-login.ts";
import { planOf } from "./plan.ts";

/** What a listing shows of one profile; the names are those of `clauth list --json`. */
export type ProfileFacts = Awaited<ReturnType<typeof factsOf>>;

/** Every profile, and what was selected in this directory; undefined where a start would stop here, which is said. */
export async function profileRows(
  context: Context,
): Promise<{ readonly selection: Selection | undefined; readonly profiles: readonly ProfileFacts[] }> {
  const store = storeOf(context);
  const config = await readConfig(store);
  const selection = selectedHere(context, store, config);
  const profiles = await Promise.all(
    listProfiles(store).map((name) => factsOf(context, store, { name, config, selection })),
  );
  return { selection, profiles };
}

/** What stops a start here is said, and does not stop the list. */
function selectedHere(context: Context, store: Store, config: Config): Selection | undefined {
  try {
    return resolveSelection(context, store, config).selection;
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    notice(context, `claude stops here: ${error.message}`, error.hint);
    return undefined;
  }
}

type Asked = {
  readonly name: ProfileName;
  readonly config: Config;
  readonly selection: Selection | undefined;
};

async function factsOf(context: Context, store: Store, { name, config, selection }: Asked) {
  const places = placesOf(context.home, store, name);
  const profile = profileConfigOf(places.paths);
  const account = accountOf(places, { home: profile?.home === true });
  const selected = selection?.kind === "profile" && selection.name === name;
  return {
    name,
    selected,
    email: account.email ?? null,
    ...(await loginOf(context, profile, places)),
    sessions: liveSessions(places.paths) ?? null,
    source: selected ? sourceOf(selection) : null,
    default: config.default !== undefined && sameName(config.default, name),
    rules: config.rules.filter((rule) => sameName(rule.profile, name)).map(({ pattern }) => pattern),
  };
}

function sourceOf({ source }: Selection) {
  return { kind: source.kind, path: source.path ?? null, line: source.line ?? null };
}

function profileConfigOf(paths: ProfilePaths): ProfileConfig | undefined {
  try {
    return readProfileConfig(paths);
  } catch (error) {
    if (error instanceof ClauthError) return undefined;
    throw error;
  }
}

export type Login = "home" | "api-key" | "login" | "none" | "invalid";

type LoginFacts = {
  readonly login: Login;
  /** False where claude would ask for a login. */
  readonly logged_in: boolean;
  readonly plan: string | null;
  /** When its access token ends. */
  readonly expires_at: string | null;
  /** True where Claude Code gets a new token by itself. */
  readonly renews: boolean;
};

async function loginOf(
  context: Context,
  config: ProfileConfig | undefined,
  places: Places,
): Promise<LoginFacts> {
  const without = { logged_in: false, plan: null, expires_at: null, renews: false };
  if (config === undefined) return { login: "invalid", ...without };
  if (config.apiKey !== undefined && !config.home) return { login: "api-key", ...without, logged_in: true };
  try {
    const found = config.home ? await loginFound(context, undefined) : await loginOfProfile(context, places);
    if (found === undefined) {
      const isBroken = !config.home && isDamaged(places.paths.credentials);
      return { login: config.home ? "home" : isBroken ? "invalid" : "none", ...without };
    }
    return {
      login: config.home ? "home" : "login",
      logged_in: true,
      plan: planOf(found.document) ?? null,
      expires_at: timeText(found.expiresAt),
      renews: found.refreshToken !== undefined,
    };
  } catch {
    return { login: config.home ? "home" : "invalid", ...without };
  }
}

function timeText(milliseconds: number | undefined): string | null {
  if (milliseconds === undefined || Math.abs(milliseconds) > LATEST_DATE_MS) return null;
  return new Date(milliseconds).toISOString();
}

/** ECMA-262, "Time Values and Time Range": a date further from 1970 has no text. */
const LATEST_DATE_MS = 8.64e15;

/** Undefined where it can't be known. */
function liveSessions(paths: ProfilePaths): number | undefined {
  try {
    return listRecords(paths).filter(({ liveness }) => liveness !== "dead").length;
  } catch {
    return undefined;
  }
}

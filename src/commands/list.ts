import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { type ProfilePaths, type Store, storeOf } from "../paths.ts";
import { type ProfileConfig, readProfileConfig } from "../profile/profile-config.ts";
import { listProfiles } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { placesOf } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { resolveSelection } from "../selection/resolve.ts";
import { listRecords } from "../session/record.ts";
import { accountOf } from "./account.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { jsonText, tableText } from "./output.ts";

/** `clauth list`: every profile, whose login it has, and which one applies here. */
export function list(context: Context): Command {
  return command({
    name: "list",
    summary: "show all profiles; * marks the one that applies here",
    args: { json: JSON_FLAG },
    run: async ({ json }) => {
      const store = storeOf(context);
      const selected = await selectedHere(context, store);
      const found = listProfiles(store).map((name) => fields(context, store, name, selected));
      context.stdout.write(json ? jsonText(found) : tableText(found.map(row)));
      return 0;
    },
  });
}

/** What stops a start here is said, and does not stop the list. */
async function selectedHere(context: Context, store: Store): Promise<ProfileName | undefined> {
  try {
    const { selection } = resolveSelection(context, store, await readConfig(store));
    return selection.kind === "profile" ? selection.name : undefined;
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    notice(context, error.message);
    return undefined;
  }
}

function fields(context: Context, store: Store, name: ProfileName, selected: ProfileName | undefined) {
  const places = placesOf(context.home, store, name);
  const config = configOf(places.paths);
  const account = accountOf(places, { home: config?.home === true });
  return {
    name,
    selected: name === selected,
    email: account.email ?? null,
    login: config === undefined ? ("invalid" as const) : loginOf(config, places.paths),
    sessions: liveSessions(places.paths) ?? null,
  };
}

function configOf(paths: ProfilePaths): ProfileConfig | undefined {
  try {
    return readProfileConfig(paths);
  } catch (error) {
    if (error instanceof ClauthError) return undefined;
    throw error;
  }
}

function loginOf({ home, apiKey }: ProfileConfig, { credentials }: ProfilePaths): Login {
  if (home) return "home";
  if (apiKey !== undefined) return "api-key";
  try {
    const content = readRegularFile(credentials);
    return content !== undefined && judgeCredentials(content.bytes).login ? "login" : "none";
  } catch {
    return "invalid";
  }
}

/** Undefined where it can't be known. */
function liveSessions(paths: ProfilePaths): number | undefined {
  try {
    return listRecords(paths).filter(({ liveness }) => liveness !== "dead").length;
  } catch {
    return undefined;
  }
}

const LOGIN_WORDS = {
  home: "the login in ~/.claude",
  "api-key": "API key",
  login: "logged in",
  none: "logged out",
  invalid: "damaged: clauth doctor",
} as const;

type Login = keyof typeof LOGIN_WORDS;

function row({ name, selected, email, login, sessions }: ReturnType<typeof fields>): string[] {
  const running = sessions === null ? "sessions unknown" : sessions === 0 ? "" : `${sessions} running`;
  return [selected ? "*" : " ", name, email ?? "-", LOGIN_WORDS[login], running];
}

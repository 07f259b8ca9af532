import type { Context } from "../context.ts";
import type { AccountIdentity, CredentialsJudgement } from "../merge/judge-credentials.ts";
import { profilePathsOf, type Store, storeOf } from "../paths.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { profileExists } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { placesOf } from "../reconcile/places.ts";
import { oneLine } from "../report.ts";
import { type Input, standardInput } from "../run/standard-input.ts";
import { profileOfTree } from "../selection/resolve.ts";
import { accountFound, accountOf } from "./account.ts";
import { type Command, command } from "./command.ts";
import { loginFound, loginOfProfile } from "./found-login.ts";
import { planOf } from "./plan.ts";

/**
 * `clauth statusline`, for `statusLine` of Claude Code's settings: whose session this is, in one line. It goes by what the
 * session runs under, not by what would be selected now: a .clauthrc may have changed since it began.
 */
export function statusline(context: Context, input: Input = standardInput(context)): Command {
  const parsed = command({
    name: "statusline",
    summary: "print profile, account and plan, for Claude Code's statusLine",
    args: {},
    run: () => printLine(context, input),
  });
  return {
    ...parsed,
    run: async (args) => (args.length === 0 ? printLine(context, input) : parsed.run(args)),
  };
}

async function printLine(context: Context, input: Input): Promise<number> {
  input.drop();
  const parts = await partsOf(context, storeOf(context));
  const line = parts.filter((part) => part !== undefined).join(" · ");
  context.stdout.write(`${oneLine(line)}\n`);
  return 0;
}

async function partsOf(context: Context, store: Store): Promise<(string | undefined)[]> {
  const configDir = context.env["CLAUDE_CONFIG_DIR"] || undefined;
  const name =
    configDir === undefined ? homeProfile(context, store) : profileOfTree(configDir, store, context.cwd);
  if (name === undefined)
    return [
      "no profile",
      ...login(accountFound(context.home, configDir), await loginFound(context, configDir)),
    ];
  const { apiKey, home } = readProfileConfig(profilePathsOf(store, name));
  if (apiKey !== undefined) return [name, "API key"];
  const places = placesOf(context.home, store, name);
  const found = home ? await loginFound(context, undefined) : await loginOfProfile(context, places);
  return [name, ...login(accountOf(places, { home }), found)];
}

/** A profile that stands for `~/.claude` has no tree to be known by. */
function homeProfile({ env }: Context, store: Store): ProfileName | undefined {
  return profileExists(store, env["CLAUTH_ACTIVE_PROFILE"] ?? "");
}

function login({ email }: AccountIdentity, found: CredentialsJudgement | undefined): (string | undefined)[] {
  return found === undefined ? ["logged out"] : [email, planOf(found.document)];
}

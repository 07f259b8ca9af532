import type { Context } from "./context.ts";
import { areTight, placesInProfile } from "./disk/tight.ts";
import { enclosingClaude, GUARD } from "./enclosing-claude.ts";
import { endAsClaude } from "./end-as-claude.ts";
import { firstOnPath } from "./first-on-path.ts";
import { DIRECTORY, glance, isMissing } from "./fs/glance.ts";
import { AT_SYMLINK_NOFOLLOW, CALLS, ENOENT, errno, systemCall } from "./fs/linux.ts";
import { realpathSync } from "./fs.ts";
import { join } from "./path.ts";
import type { Store } from "./paths.ts";
import { PLAIN_LOGIN } from "./profile/plain-login.ts";
import type { ProfileConfig } from "./profile/profile-config.ts";
import type { ProfileName } from "./profile-name.ts";
import { type Places, placesOf } from "./reconcile/places.ts";
import type { Exit } from "./run/exit.ts";
import { readInherited } from "./run/inherited.ts";
import { launchFrom } from "./run/launch.ts";
import { runBesideClaude } from "./session/beside-claude.ts";
import { openAtRest } from "./session/open-at-rest.ts";

/** A call of which it is plain whose it is. */
export type PlainCall = {
  readonly store: Store;
  /** What is picked, which may not exist. */
  readonly name: ProfileName;
  /** True where this very call names the profile. */
  readonly explicit: boolean;
};

/**
 * Runs claude where the profile that was picked is a plain login whose tree is at rest, and nothing around the call has to be judged or
 * said: the short way of what `runClaude` does. All else is left to it, with nothing done.
 */
export function runPlainly(context: Context, call: PlainCall | undefined): Promise<never> {
  return endAsClaude(context, async () => {
    const start = call && plainStart(context, call);
    const isPlain = start !== undefined && (start.settings.length === 0 || !(await override(start.settings)));
    const config = isPlain && start.hasConfig ? await plainConfig(start.places) : PLAIN_LOGIN;
    const running = call && isPlain && config ? runAtRest(context, call, { ...start, config }) : undefined;
    if (running !== undefined) return running;
    const { runClaude } = await import("./shim.ts");
    return runClaude(context);
  });
}

type PlainStart = {
  readonly places: Places;
  readonly claude: string;
  readonly hasConfig: boolean;
  /** The settings of the project, by their paths. */
  readonly settings: readonly string[];
};

/** Undefined where any of what `runClaude` judges is there. */
function plainStart(context: Context, { store, name }: PlainCall): PlainStart | undefined {
  try {
    const { cwd, env, executable, home } = context;
    const places = placesOf(home, store, name);
    const { paths } = places;
    if (!isMissing(paths.mirrorIndex)) return undefined;
    if (!areTight(placesInProfile(paths.root), systemCall(CALLS.geteuid, 0))) return undefined;
    const configHome = env["XDG_CONFIG_HOME"] || join(home, ".config");
    if (cwd === realpathSync(home) || !isMissing(join(configHome, "anthropic"))) return undefined;
    if (!isMissing("/home/claude/.claude/remote") || !isMissing("/etc/claude-code")) return undefined;
    const settings = settingsHere(cwd);
    if (settings === undefined) return undefined;
    const claude = firstOnPath(env["PATH"] ?? "", executable);
    return claude === undefined
      ? undefined
      : { places, claude, hasConfig: !isMissing(paths.config), settings };
  } catch {
    return undefined;
  }
}

/** Those that `projectFiles` may name, where they are; undefined where that takes more than a look at names. */
function settingsHere(cwd: string): readonly string[] | undefined {
  const there: string[] = [];
  const shared = `${cwd}/.claude/settings.json`;
  if (!isMissing(shared)) there.push(shared);
  for (let directory = cwd; ; directory = directory.slice(0, directory.lastIndexOf("/"))) {
    const dotGit = glance(`${directory}/.git`, AT_SYMLINK_NOFOLLOW);
    // A worktree has a file there: the settings are those of the main checkout, which may lie anywhere.
    if (dotGit === undefined ? errno() !== ENOENT : dotGit.kind !== DIRECTORY) return undefined;
    const local = `${directory}/.claude/settings.local.json`;
    if ((directory === cwd || dotGit !== undefined) && !isMissing(local)) there.push(local);
    if (directory === "" || directory === "/") return there;
  }
}

/** Most projects' settings say nothing about a login. Where one does, `runClaude` tells. */
async function override(settings: readonly string[]): Promise<boolean> {
  const { overridesIn } = await import("./environment/settings-tier.ts");
  for (const file of settings)
    if (overridesIn(file, { keep: [], overlay: {}, steering: true }).length > 0) return true;
  return false;
}

/** What config.toml says, where that is nothing of what claude is started with: a pin, what is not shared. */
async function plainConfig({ paths }: Places): Promise<ProfileConfig | undefined> {
  const { readProfileConfig } = await import("./profile/profile-config.ts");
  try {
    const config = readProfileConfig(paths);
    const { baseUrl, apiKey, env, models, keepEnv, home } = config;
    const isPlain = baseUrl === undefined && apiKey === undefined && !home;
    return isPlain && env.length + models.length + keepEnv.length === 0 ? config : undefined;
  } catch {
    return undefined;
  }
}

/** @throws ClauthError as `openAtRest` and `runBesideClaude` */
function runAtRest(
  context: Context,
  { store, name, explicit }: PlainCall,
  { places, claude, config }: PlainStart & { readonly config: ProfileConfig },
): Promise<Exit> | undefined {
  const inherited = readInherited(context);
  const set = {
    [GUARD]: `1:${enclosingClaude(context.env)}`,
    CLAUDE_CONFIG_DIR: places.paths.runtime,
    CLAUTH_ACTIVE_PROFILE: name,
    ...(explicit && { CLAUTH_PROFILE: name }),
  };
  const start = { path: claude, argv0: context.calledAs, args: inherited.args };
  const launch = launchFrom(inherited, start, { set, remove: [] });
  const request = { store, name, config, overlay: {} };
  const session = openAtRest(context, request, places);
  return session && runBesideClaude(context, session, launch, inherited);
}

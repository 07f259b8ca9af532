import { type Context, readContext } from "./context.ts";
import { areTight, placesInProfile, placesInStore } from "./disk/tight.ts";
import { enclosingClaude, GUARD } from "./enclosing-claude.ts";
import { endAsClaude } from "./end-as-claude.ts";
import { firstOnPath } from "./first-on-path.ts";
import { DIRECTORY, glance, isMissing } from "./fs/glance.ts";
import { AT_SYMLINK_NOFOLLOW, CALLS, ENOENT, errno, isLinux, systemCall } from "./fs/linux.ts";
import { realpathSync } from "./fs.ts";
import { becomeFirstOnPath, isPlainCall } from "./pass-through.ts";
import { join } from "./path.ts";
import { type Store, storeOf } from "./paths.ts";
import { PLAIN_LOGIN } from "./profile/plain-login.ts";
import { isProfileName, type ProfileName, SYSTEM } from "./profile-name.ts";
import { type Places, placesOf } from "./reconcile/places.ts";
import type { Exit } from "./run/exit.ts";
import { readInherited } from "./run/inherited.ts";
import { launchFrom } from "./run/launch.ts";
import { runBesideClaude } from "./session/beside-claude.ts";
import { openAtRest } from "./session/open-at-rest.ts";
import type { SessionRequest } from "./session/session.ts";

/**
 * Called as `claude`, and something may pick a profile. Where that is a plain login whose tree is at rest, and nothing around
 * the call has to be judged or said, this is the short way of what `runClaude` does. All else is left to it, with nothing done.
 */
export async function enter(): Promise<never> {
  const context = readContext();
  return endAsClaude(context, async () => {
    const call = await plainCall(context);
    const running = call && runAtRest(context, call);
    if (running !== undefined) return running;
    const { runClaude } = await import("./shim.ts");
    return runClaude(context);
  });
}

/** @throws ClauthError as `openAtRest` and `runBesideClaude` */
function runAtRest(
  context: Context,
  { request, explicit, places, claude }: PlainCall,
): Promise<Exit> | undefined {
  const inherited = readInherited(context);
  const set = {
    [GUARD]: `1:${enclosingClaude(context.env)}`,
    CLAUDE_CONFIG_DIR: places.paths.runtime,
    CLAUTH_ACTIVE_PROFILE: request.name,
    ...(explicit && { CLAUTH_PROFILE: request.name }),
  };
  const start = { path: claude, argv0: context.calledAs, args: inherited.args };
  const launch = launchFrom(inherited, start, { set, remove: [] });
  const session = openAtRest(context, request, places);
  return session && runBesideClaude(context, session, launch, inherited);
}

type PlainCall = {
  readonly request: SessionRequest;
  /** True where this very call names the profile. */
  readonly explicit: boolean;
  readonly places: Places;
  readonly claude: string;
};

/** Undefined where any of what `runClaude` judges is there: it says what is wrong, too. */
async function plainCall(context: Context): Promise<PlainCall | undefined> {
  const { args, calledAs, env, executable } = context;
  if (!isLinux || !isPlainCall(args, calledAs)) return undefined;
  const ofClaude = variablesOfClaude(env);
  if (ofClaude === undefined) return undefined;
  try {
    if (ofClaude.length > 0 && (await beatLogin(ofClaude))) return undefined;
    const { cwd, home } = context;
    const store = storeOf(context);
    const user = systemCall(CALLS.geteuid, 0);
    if (!areTight(placesInStore(store.root), user)) return undefined;
    const picked = named(env, store) ?? (await picks(context, store));
    if (picked === undefined) return undefined;
    const { name, explicit } = picked;
    const places = placesOf(home, store, name);
    const { paths } = places;
    if (!isMissing(paths.config) || !isMissing(paths.mirrorIndex)) return undefined;
    if (!areTight(placesInProfile(paths.root), user)) return undefined;
    if (mayBeatLogin({ cwd, home: realpathSync(home), configHome: env["XDG_CONFIG_HOME"] })) return undefined;
    const claude = firstOnPath(env["PATH"] ?? "", executable);
    const request = { store, name, config: PLAIN_LOGIN, overlay: {} };
    return claude === undefined ? undefined : { request, explicit, places, claude };
  } catch {
    return undefined;
  }
}

type Picked = Pick<PlainCall, "explicit"> & { readonly name: ProfileName };

/** A name that stands in the environment beats what the modules of the selection would look at. */
function named(env: Context["env"], store: Store): Picked | undefined {
  const name = env["CLAUTH_PROFILE"] ?? "";
  return isProfileName(name) && isMissing(store.config) ? { name, explicit: true } : undefined;
}

async function picks(context: Context, store: Store): Promise<Picked | undefined> {
  const { plainPick } = await import("./selection/plain-pick.ts");
  const pick = await plainPick(context, store);
  if (pick === undefined) return undefined;
  const { choice, explicit } = pick;
  if (choice !== undefined && choice !== SYSTEM) return { name: choice, explicit };
  becomeFirstOnPath();
  return undefined;
}

/** The variables that Claude Code may go by; undefined where there is one of ours beside the two that this way knows. */
function variablesOfClaude(env: Context["env"]): readonly string[] | undefined {
  if (env["WSL_DISTRO_NAME"]) return undefined;
  const ofClaude: string[] = [];
  for (const name of Object.keys(env)) {
    if (name.startsWith("CLAUTH_") && name !== "CLAUTH_PROFILE" && name !== "CLAUTH_HOME") return undefined;
    if (name.startsWith("CLAUDE_") || name.startsWith("ANTHROPIC_")) ofClaude.push(name);
  }
  return ofClaude;
}

async function beatLogin(variables: readonly string[]): Promise<boolean> {
  const { beatsLogin } = await import("./identity-keys.ts");
  return variables.some(beatsLogin);
}

/** Any of the files that `refuseStart` and `overridesHere` look into. */
function mayBeatLogin({
  cwd,
  home,
  configHome,
}: {
  readonly cwd: string;
  readonly home: string;
  readonly configHome: string | undefined;
}): boolean {
  if (cwd === home || !isMissing(join(configHome || `${home}/.config`, "anthropic"))) return true;
  if (!isMissing("/home/claude/.claude/remote") || !isMissing("/etc/claude-code")) return true;
  if (!isMissing(`${cwd}/.claude/settings.json`)) return true;
  for (let directory = cwd; ; directory = directory.slice(0, directory.lastIndexOf("/"))) {
    const dotGit = glance(`${directory}/.git`, AT_SYMLINK_NOFOLLOW);
    // A worktree has a file there: the settings are those of the main checkout, which may lie anywhere.
    if (dotGit === undefined ? errno() !== ENOENT : dotGit.kind !== DIRECTORY) return true;
    const isRoot = directory === cwd || dotGit !== undefined;
    if (isRoot && !isMissing(`${directory}/.claude/settings.local.json`)) return true;
    if (directory === "" || directory === "/") return false;
  }
}

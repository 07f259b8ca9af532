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
    const running = call && start && runAtRest(context, call, start);
    if (running !== undefined) return running;
    const { runClaude } = await import("./shim.ts");
    return runClaude(context);
  });
}

type PlainStart = { readonly places: Places; readonly claude: string };

/** Undefined where any of what `runClaude` judges is there. */
function plainStart(context: Context, { store, name }: PlainCall): PlainStart | undefined {
  try {
    const { cwd, env, executable, home } = context;
    const places = placesOf(home, store, name);
    const { paths } = places;
    if (!isMissing(paths.config) || !isMissing(paths.mirrorIndex)) return undefined;
    if (!areTight(placesInProfile(paths.root), systemCall(CALLS.geteuid, 0))) return undefined;
    const configHome = env["XDG_CONFIG_HOME"] || join(home, ".config");
    if (mayBeatLogin({ cwd, home: realpathSync(home), configHome })) return undefined;
    const claude = firstOnPath(env["PATH"] ?? "", executable);
    return claude === undefined ? undefined : { places, claude };
  } catch {
    return undefined;
  }
}

/** Any of the files that `refuseStart` and `overridesHere` look into. */
function mayBeatLogin({
  cwd,
  home,
  configHome,
}: {
  readonly cwd: string;
  /** With every symlink resolved. */
  readonly home: string;
  readonly configHome: string;
}): boolean {
  if (cwd === home || !isMissing(join(configHome, "anthropic"))) return true;
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

/** @throws ClauthError as `openAtRest` and `runBesideClaude` */
function runAtRest(
  context: Context,
  { store, name, explicit }: PlainCall,
  { places, claude }: PlainStart,
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
  const request = { store, name, config: PLAIN_LOGIN, overlay: {} };
  const session = openAtRest(context, request, places);
  return session && runBesideClaude(context, session, launch, inherited);
}

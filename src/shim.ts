import { isCalled } from "./called-as.ts";
import type { Choice } from "./config/choice.ts";
import { type Config, readConfig } from "./config/config.ts";
import type { Context } from "./context.ts";
import { tightenProfile, tightenStore } from "./disk/tighten-store.ts";
import { GUARD } from "./enclosing-claude.ts";
import { childEnvironment } from "./environment/child-environment.ts";
import { parentProfile } from "./environment/parent-profile.ts";
import { overridesHere, profileEnvironment } from "./environment/profile-environment.ts";
import { refuseStart } from "./environment/refuse-start.ts";
import type { Override } from "./environment/settings-tier.ts";
import { fileNameOf } from "./own-executable.ts";
import { dirname, join } from "./path.ts";
import { profilePathsOf, type Store, storeOf } from "./paths.ts";
import { overlayOf } from "./profile/overlay.ts";
import { readProfileConfig } from "./profile/profile-config.ts";
import type { ProfileName } from "./profile-name.ts";
import { findRealClaude, type RealClaude } from "./real-claude.ts";
import { checkRecursion } from "./recursion.ts";
import { notice, trace } from "./report.ts";
import { become } from "./run/become.ts";
import { utf8Bytes } from "./run/byte-string.ts";
import type { Exit } from "./run/exit.ts";
import { type Inherited, readInherited } from "./run/inherited.ts";
import { type EnvironmentEdit, type Launch, launchFrom } from "./run/launch.ts";
import { rememberAnnounced } from "./selection/remember-trust.ts";
import { resolveSelection } from "./selection/resolve.ts";
import { type Selection, sourceSentence } from "./selection/select.ts";
import { runSession } from "./session/run.ts";

/** What `clauth` decides beforehand; a call by the name `claude` decides nothing. */
export type Call = {
  readonly explicit?: Choice;
  /** How many of our own arguments stand before those for claude. */
  readonly skip?: number;
  /** Arguments for claude in the place of the user's (`clauth login`). */
  readonly args?: readonly string[];
  /** What is started in the place of claude, as if it were claude (`clauth exec`), and its argv[0]. */
  readonly program?: Pick<RealClaude, "path" | "before"> & { readonly argv0: string };
};

/**
 * One call of `claude`, from top to bottom. Where nothing has to be done after claude's end this process becomes claude and
 * the call never returns; else it returns how claude ended.
 * @throws ClauthError for whatever stops a start: never another account instead
 */
export async function runClaude(context: Context, call: Call = {}): Promise<Exit> {
  const inherited = readInherited(context);
  const args = call.args ?? context.args.slice(call.skip ?? 0);
  if (call.explicit === undefined && context.env["CLAUTH_BYPASS"] === "1") {
    const claude = findRealClaude(context, { args });
    const set = { [GUARD]: checkRecursion(context.env, claude).next };
    return become(launchOf({ context, call, inherited, claude }, { set, remove: [] }));
  }

  const store = storeOf(context);
  for (const line of tightenStore(store)) notice(context, line);
  const config = await readConfig(store);
  const claude = call.program
    ? { ...call.program, why: "named on the command line", wasNamed: true, args }
    : call.explicit === undefined
      ? findRealClaude(context, { config, args })
      : { ...findRealClaude(context, { config }), args };
  const guard = { [GUARD]: checkRecursion(context.env, claude).next };
  const { selection, notes, firstUse } = resolveSelection(context, store, config, call.explicit);
  trace(context, `selected ${nameOf(selection)}: ${sourceSentence(selection.source)}`);
  trace(context, `to be started: ${claude.path}: ${claude.why}`);
  for (const note of notes) notice(context, note);
  if (firstUse !== undefined) rememberAnnounced(store, firstUse);

  const start: Start = { context, call, inherited, claude, store, config, guard };
  if (selection.kind === "profile") return runProfile(start, selection);
  const parent = parentProfile(context, store);
  const { platform, env } = context;
  const edit = childEnvironment({ env, platform, selection, keepEnv: [], guard, ...(parent && { parent }) });
  return become(launchOf(start, edit));
}

/** All that a call knows once the real claude and the selection are found. */
type Start = {
  readonly context: Context;
  readonly call: Call;
  readonly inherited: Inherited;
  readonly claude: RealClaude;
  readonly store: Store;
  readonly config: Config;
  readonly guard: Readonly<Record<string, string>>;
};

async function runProfile(start: Start, selection: Selection & { kind: "profile" }): Promise<Exit> {
  const { context, inherited, store, config, guard } = start;
  const { name } = selection;
  const paths = profilePathsOf(store, name);
  for (const line of tightenProfile(paths)) notice(context, line);
  const profile = readProfileConfig(paths);
  refuseStart(context, profile, config);
  const clauthCommand = join(dirname(context.executable), fileNameOf("clauth", context.platform));
  const overlay = overlayOf(profile, { name, clauthCommand });
  const edit = profileEnvironment(context, store, { ...selection, profile, guard });
  if (!config.quiet) {
    const overrides = overridesHere(context, profile, overlay);
    for (const line of warnings(name, edit.removed, overrides)) notice(context, line);
  }
  const launch = launchOf(start, edit);
  if (profile.home) return become(launch);
  return runSession(context, { store, name, config: profile, overlay }, launch, inherited);
}

/** What the user has to hear: whose login would have been used without us, and what we could not keep from being used. */
function warnings(
  name: ProfileName,
  removed: readonly string[],
  overrides: readonly Override[],
): readonly string[] {
  const lines: string[] = [];
  if (removed.length > 0) {
    lines.push(`profile "${name}" does not use ${removed.join(", ")} from the environment`);
  }
  if (overrides.length > 0) {
    const named = overrides.map(({ file, key }) => `${key} in ${file}`);
    lines.push(`settings beat the login of profile "${name}": ${named.join(", ")}`);
  }
  return lines;
}

function launchOf(
  { context, call, inherited, claude }: Pick<Start, "context" | "call" | "inherited" | "claude">,
  edit: EnvironmentEdit,
): Launch {
  const args = call.args
    ? claude.args.map(utf8Bytes)
    : inherited.args.slice(inherited.args.length - claude.args.length);
  const before = claude.before.length > 0 ? claude.before.map(utf8Bytes) : [];
  const argv0 = before.length > 0 ? claude.path : (call.program?.argv0 ?? argv0Of(context));
  return launchFrom(inherited, { path: claude.path, argv0, args: [...before, ...args] }, edit);
}

/** Claude Code goes by argv[0] (`rg`, `ugrep` and `bfs` are inside it), so it must see the word that the user typed. */
function argv0Of(context: Context): string {
  return isCalled("claude", context) ? context.calledAs : "claude";
}

function nameOf(selection: Selection): string {
  return selection.kind === "profile" ? `profile "${selection.name}"` : selection.kind;
}

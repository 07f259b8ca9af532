import { type Choice, parseChoice } from "../config/choice.ts";
import type { Config, Rule } from "../config/config.ts";
import { lineOfDefault, lineOfRule } from "../config/config-lines.ts";
import type { Context } from "../context.ts";
import { realPath } from "../disk/real-path.ts";
import { ClauthError } from "../errors.ts";
import { basename, dirname, resolve } from "../path.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { hintForListed, hintForUnknown, profileExists, profileWithDirectory } from "../profile/profiles.ts";
import { isProfileName, type ProfileName, SYSTEM } from "../profile-name.ts";
import { shellWord, unsetting } from "../shell-line.ts";
import { readRemotes } from "./git-remote.ts";
import { type RcFile, readRcFile } from "./rc-file.ts";
import { directoryOf, matchDirectory, matchRemote } from "./rules.ts";
import {
  type Considered,
  type Picked,
  type Selection,
  type Source,
  selectProfile,
  sourceSentence,
} from "./select.ts";
import { readTrust, verdictOn, wasAnnounced } from "./trust.ts";
import { refuseUnreadableRule } from "./unreadable-directory.ts";

export type ResolvedSelection = {
  readonly selection: Selection;
  readonly considered: () => readonly Considered[];
  /** As `selectProfile` has it; what it names may not exist. */
  readonly weaker: () => readonly Selection[];
  /** Lines for stderr. */
  readonly notes: readonly string[];
  /** The rc file that picked for the first time: `rememberAnnounced` it once its note was printed. */
  readonly firstUse: RcFile | undefined;
};

/**
 * Selects the profile of a call, and makes sure that it exists and that what picked it may. Looks at the disk only for
 * levels that are reached: no rc file after CLAUTH_PROFILE, nothing of git without a remote rule.
 * @param explicit the name given to `clauth run` or `exec`.
 * @throws ClauthError `unknown_profile`, `rc_file_not_allowed`, `rc_file_denied`, and those of rc-file.ts, rules.ts,
 * git-remote.ts and trust.ts. Never falls back to a weaker level.
 */
export function resolveSelection(
  context: Context,
  store: Store,
  config: Config,
  explicit?: Choice,
): ResolvedSelection {
  const look = lookAround(context, store, config);
  const configDir = context.env["CLAUDE_CONFIG_DIR"] || undefined;
  const tree = configDir === undefined ? undefined : profileOfTree(configDir, store, context.cwd);
  const fromEnv = context.env["CLAUTH_PROFILE"] || undefined;
  const { selection, considered, weaker } = selectProfile({
    bypass: explicit === undefined && context.env["CLAUTH_BYPASS"] === "1",
    flag: explicit,
    env: explicit === undefined && fromEnv !== undefined ? parseChoice(fromEnv, "CLAUTH_PROFILE") : undefined,
    ownConfigDir: tree === undefined ? configDir : undefined,
    rcFile: look.rcFile,
    rule: look.rule,
    inherited: () => inherited(tree ?? homeProfileOfParent(context, store)),
    default: defaultOf(config, store),
  });
  const found = look.rcFileFound();
  const notes: string[] = [];
  if (selection.source.kind === "config-dir") notes.push(...noteOfLosers(look, selection.source));
  const firstUse =
    selection.source.kind === "rc" && found !== undefined
      ? vouched(context, store, config, found)
      : undefined;
  if (firstUse !== undefined)
    notes.push(`${firstUse.path} picks the profile "${firstUse.choice}" (said once)`);
  return { selection: existing(selection, store), considered, weaker, notes, firstUse };
}

/** The levels that need the disk, each looked at once at most. */
function lookAround(context: Context, store: Store, config: Config) {
  let found: RcFile | undefined;
  return {
    rcFileFound: () => found,
    rcFile: (): Picked | undefined => {
      found = readRcFile({ cwd: context.cwd, home: realPath(context.home), isKnown: knownIn(store) });
      return found && { choice: found.choice, source: { kind: "rc", path: found.path, line: found.line } };
    },
    rule: (): Picked | undefined => {
      if (config.rules.length === 0) return undefined;
      const directory = matchDirectory(config, context);
      if (directory !== undefined) {
        refuseUnreadableRule(context.cwd, directoryOf(directory, context.home), directory.pattern);
        return pickOfRule(directory, config, store, `${context.cwd} is in ${directory.pattern}`);
      }
      if (!config.rules.some((rule) => rule.kind === "remote")) return undefined;
      return pickOfRemote(context, store, config);
    },
  };
}

/** Tells a choice that can be started: what `readRcFile` asks. */
export function knownIn(store: Store): (choice: Choice) => boolean {
  return (choice) => choice === SYSTEM || profileExists(store, choice) !== undefined;
}

type Look = ReturnType<typeof lookAround>;

/** `origin` decides where a rule matches it; a fork's other remotes only after that. */
function pickOfRemote(context: Context, store: Store, config: Config): Picked | undefined {
  const remotes = readRemotes(context.cwd);
  if (remotes === undefined) return undefined;
  for (const group of [remotes.origin, remotes.others]) {
    const rule = matchRemote(config, group);
    if (rule !== undefined) return pickOfRule(rule, config, store, `a git remote is ${rule.pattern}`);
  }
  return undefined;
}

function pickOfRule(rule: Rule, config: Config, store: Store, detail: string): Picked {
  const line = lineOfRule(config, rule);
  return { choice: rule.profile, source: { kind: "rule", path: store.config, detail, ...at(line) } };
}

function defaultOf(config: Config, store: Store): Picked | undefined {
  if (config.default === undefined) return undefined;
  const line = lineOfDefault(config);
  return { choice: config.default, source: { kind: "default", path: store.config, ...at(line) } };
}

function at(line: number | undefined): Pick<Source, "line"> {
  return line === undefined ? {} : { line };
}

function inherited(name: ProfileName | undefined): Picked | undefined {
  return name === undefined ? undefined : { choice: name, source: { kind: "inherited" } };
}

/** The profile whose runtime tree a CLAUDE_CONFIG_DIR is, in whatever spelling. */
export function profileOfTree(
  configDir: string,
  store: Pick<Store, "profiles">,
  cwd: string,
): ProfileName | undefined {
  const path = resolve(cwd, configDir);
  return treeOwner(path, store.profiles) ?? treeOwner(realPath(path), realPath(store.profiles));
}

function treeOwner(path: string, profiles: string): ProfileName | undefined {
  const name = basename(dirname(path));
  const isTree = basename(path) === "runtime" && dirname(dirname(path)) === resolve(profiles);
  return isTree && isProfileName(name) ? name : undefined;
}

/**
 * A `--home` profile leaves no CLAUDE_CONFIG_DIR to its children. Only such a profile counts here: any other would
 * mean that the variable was removed on purpose.
 */
function homeProfileOfParent(context: Context, store: Store): ProfileName | undefined {
  if (context.env["CLAUDECODE"] !== "1" || context.env["CLAUDE_CONFIG_DIR"]) return undefined;
  const name = profileExists(store, context.env["CLAUTH_ACTIVE_PROFILE"] ?? "");
  return name !== undefined && readProfileConfig(profilePathsOf(store, name)).home ? name : undefined;
}

/** What would have picked a profile, had the user not set CLAUDE_CONFIG_DIR. A courtesy: it can't fail the start. */
function noteOfLosers(look: Look, winner: Source): string[] {
  try {
    const loser = look.rcFile() ?? look.rule();
    if (loser === undefined) return [];
    const why = sourceSentence(loser.source);
    return [
      `CLAUDE_CONFIG_DIR=${winner.path} wins over the profile "${loser.choice}" (${why}); for the profile: ${unsetting("CLAUDE_CONFIG_DIR")}`,
    ];
  } catch (error) {
    return error instanceof ClauthError
      ? [`CLAUDE_CONFIG_DIR=${winner.path} wins; else: ${error.message}`]
      : [];
  }
}

/**
 * Refuses an rc file that the user's policy does not let pick.
 * @returns the file where the user should be told of it: on a terminal, the first time.
 */
function vouched(context: Context, store: Store, config: Config, file: RcFile): RcFile | undefined {
  const records = readTrust(store);
  const verdict = verdictOn(records, file);
  if (verdict === "denied") throw notAllowed("rc_file_denied", file, "was denied by `clauth deny`");
  if (config.trust === "allow") {
    if (verdict === "allowed") return undefined;
    throw notAllowed("rc_file_not_allowed", file, "was not allowed yet, or has changed since");
  }
  return verdict === "unknown" && !wasAnnounced(records, file) && context.stderr.isTerminal
    ? file
    : undefined;
}

function notAllowed(kind: string, file: RcFile, what: string): ClauthError {
  return new ClauthError({
    kind,
    message: `${file.path} picks the profile "${file.choice}" but ${what}`,
    hint: `read it, then: clauth allow ${shellWord(file.path)}`,
    path: file.path,
  });
}

/** The selection in the stored spelling of its profile's name. One that is only listed would start without its login. */
function existing(selection: Selection, store: Store): Selection {
  if (selection.kind !== "profile") return selection;
  const name = profileWithDirectory(store, selection.name);
  if (name !== undefined) return { ...selection, name };
  const listed = profileExists(store, selection.name);
  const what =
    listed === undefined ? `there is no profile "${selection.name}"` : `profile "${listed}" has no directory`;
  throw new ClauthError({
    kind: "unknown_profile",
    message: `${what} (${sourceSentence(selection.source)})`,
    hint: listed === undefined ? hintForUnknown(store, selection.name) : hintForListed(store, listed),
    ...(selection.source.path === undefined ? {} : { path: selection.source.path }),
  });
}

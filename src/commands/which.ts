import { resolve } from "node:path";
import { type Config, readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { realPath } from "../disk/real-path.ts";
import { overridesHere, profileEnvironment } from "../environment/profile-environment.ts";
import { refuseStart } from "../environment/refuse-start.ts";
import type { Override } from "../environment/settings-tier.ts";
import { ClauthError } from "../errors.ts";
import { claudeHomeOf, profilePathsOf, type Store, storeOf } from "../paths.ts";
import { overlayOf } from "../profile/overlay.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { SYSTEM } from "../profile-name.ts";
import { findRealClaude } from "../real-claude.ts";
import { notice, oneLine } from "../report.ts";
import { resolveSelection } from "../selection/resolve.ts";
import { type Selection, sourceSentence } from "../selection/select.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { jsonText, type View, viewOf, withTildes } from "./output.ts";
import { wrapped } from "./wrapped.ts";

/** `clauth which`: what `claude` would do in a directory, and why. Starts nothing and writes nothing. */
export function which(context: Context): Command {
  return command({
    name: "which",
    summary: "show which profile applies, and why",
    args: {
      dir: { type: "positional", required: false, description: "a directory; this one where none is given" },
      json: JSON_FLAG,
    },
    examples: [
      ["clauth which", "in this directory"],
      ["clauth which ~/work", "in another one"],
    ],
    run: async ({ dir, json }) => {
      const cwd = dir === undefined ? context.cwd : directory(resolve(context.cwd, dir));
      const answer = await answerFor({ ...context, cwd });
      const view = viewOf(context);
      context.stdout.write(
        json
          ? jsonText(fields(answer))
          : lines(answer)
              .map((line) => shown(oneLine(line), view, context.home))
              .join(""),
      );
      return 0;
    },
  });
}

async function answerFor(context: Context) {
  const store = storeOf(context);
  const config = await readConfig(store);
  const { selection, considered, weaker, notes, firstUse } = resolveSelection(context, store, config);
  // Of a file that picks for the first time the answer itself speaks; the call of claude says it.
  if (firstUse === undefined) for (const note of notes) notice(context, note);
  return {
    selection,
    considered: considered(),
    weaker: losers(weaker),
    claude: realClaude(context, config),
    ...effects(context, store, config, selection),
  };
}

type Answer = Awaited<ReturnType<typeof answerFor>>;

/** The answer under the names of `clauth which --json`. */
function fields({
  selection,
  considered,
  weaker,
  claude,
  configDir,
  removedEnv,
  overrides,
  refusal,
}: Answer) {
  return {
    ...chosen(selection),
    considered: considered.map((level) => ({ ...level })),
    weaker: weaker.map(chosen),
    claude: claude?.path ?? null,
    config_dir: configDir,
    removed_env: removedEnv,
    overrides: overrides.map((override) => ({ ...override })),
    ...(refusal && {
      refused: { kind: refusal.kind, message: refusal.message, hint: refusal.hint ?? null },
    }),
  };
}

function chosen(selection: Selection) {
  const { kind, path = null, line = null } = selection.source;
  return { profile: nameOf(selection), source: { kind, path, line } };
}

function nameOf(selection: Selection): string | null {
  return selection.kind === "profile" ? selection.name : selection.kind === "system" ? SYSTEM : null;
}

function lines({ selection, weaker, claude, configDir, removedEnv, overrides, refusal }: Answer): string[] {
  return [
    `${subject(selection)}: ${sourceSentence(selection.source)}`,
    ...weaker.map((loser) => `else ${subject(loser)}: ${sourceSentence(loser.source)}`),
    claude === undefined
      ? "claude: none was found"
      : `claude: ${[claude.path, ...claude.before].join(" ")} (${claude.why})`,
    `config dir: ${configDir}`,
    ...(removedEnv.length === 0 ? [] : [`not used from the environment: ${removedEnv.join(", ")}`]),
    ...overrides.map(({ file, key, why }) => `beats the profile: ${key} in ${file} (${why})`),
    ...(refusal === undefined ? [] : [`refused: ${refusal.message}`]),
    ...(refusal?.hint === undefined ? [] : [`hint: ${refusal.hint}`]),
  ];
}

/** For people in short, broken between words; what it is about stands out. */
function shown(line: string, { forPeople, paint, width }: View, home: string): string {
  if (!forPeople) return `${line}\n`;
  const [first = "", ...more] = wrapped(withTildes(line, home), width);
  const about = /^[^:]*:/.exec(first)?.[0] ?? "";
  const head = `${paint(about, "bold")}${first.slice(about.length)}\n`;
  return (
    head +
    wrapped(more.join(" "), width - 2)
      .map((rest) => (rest === "" ? "" : `  ${rest}\n`))
      .join("")
  );
}

/** A courtesy: a weaker level that can't be read says nothing. */
function losers(weaker: () => readonly Selection[]): readonly Selection[] {
  try {
    return weaker();
  } catch (error) {
    if (error instanceof ClauthError) return [];
    throw error;
  }
}

function directory(path: string): string {
  if (attempt("look at", path, () => disk.statIfThere(path))?.isDirectory()) return realPath(path);
  throw new ClauthError({
    kind: "no_such_directory",
    message: `there is no directory ${path}`,
    hint: "clauth which DIR, with a directory that exists",
    path,
  });
}

/** That there is no claude yet is an answer here, not a failure. */
function realClaude(context: Context, config: Config) {
  try {
    return findRealClaude(context, { config });
  } catch (error) {
    if (error instanceof ClauthError && error.kind === "claude_not_found") return undefined;
    throw error;
  }
}

type Effects = {
  readonly configDir: string;
  readonly removedEnv: readonly string[];
  readonly overrides: readonly Override[];
  /** Why a start would stop, in this very directory. */
  readonly refusal: ClauthError | undefined;
};

function effects(context: Context, store: Store, config: Config, selection: Selection): Effects {
  const claudeHome = claudeHomeOf(context.home).root;
  if (selection.kind !== "profile") {
    const own = selection.kind === "none" ? context.env["CLAUDE_CONFIG_DIR"] : undefined;
    return { configDir: own || claudeHome, removedEnv: [], overrides: [], refusal: undefined };
  }
  const paths = profilePathsOf(store, selection.name);
  const profile = readProfileConfig(paths);
  const { removed } = profileEnvironment(context, store, { ...selection, profile, guard: {} });
  const overlay = overlayOf(profile, { name: selection.name, clauthCommand: "clauth" });
  return {
    configDir: profile.home ? claudeHome : paths.runtime,
    removedEnv: removed,
    overrides: overridesHere(context, profile, overlay),
    refusal: refusalOf(() => refuseStart(context, profile, config)),
  };
}

function refusalOf(check: () => void): ClauthError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ClauthError) return error;
    throw error;
  }
}

function subject(selection: Selection): string {
  if (selection.kind === "profile") return `profile "${selection.name}"`;
  return selection.kind === "system" ? "system, the untouched claude" : "no profile, the untouched claude";
}

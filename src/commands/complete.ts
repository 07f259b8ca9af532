import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { listDirectory } from "../disk/directory.ts";
import { profilePathsOf, type Store, storeOf } from "../paths.ts";
import { listProfiles, profileExists, removedProfiles } from "../profile/profiles.ts";
import { SYSTEM } from "../profile-name.ts";
import { type Command, command } from "./command.ts";
import { SHELLS } from "./completions.ts";

/** What could stand in the place of the last word, and what that is. */
type Candidate = { readonly word: string; readonly what?: string };

/** Every command that is shown, by its name. */
export type Commands = ReadonlyMap<string, Command>;

/**
 * The hidden `clauth __complete -- WORDS`, for the completion scripts: what the last word could be, one to a line, with a tab
 * before what it is. Nothing where any file could stand.
 */
export function complete(context: Context, commands: () => Promise<Commands>): Command {
  return command({
    name: "__complete",
    summary: "print what the last of these words could be",
    args: {},
    rest: "WORDS",
    run: async (_, words) => {
      const before = words.slice(0, -1);
      const last = words.at(-1) ?? "";
      const begun = last === "''" ? "" : last;
      const candidates = before.includes("--") ? [] : await fitting(context, await commands(), before, begun);
      const lines = candidates.filter(({ word }) => word.startsWith(begun)).map(lineOf);
      context.stdout.write(lines.join(""));
      return 0;
    },
  });
}

function lineOf({ word, what }: Candidate): string {
  return what === undefined ? `${word}\n` : `${word}\t${what}\n`;
}

async function fitting(
  context: Context,
  commands: Commands,
  before: readonly string[],
  begun: string,
): Promise<readonly Candidate[]> {
  const [first = "", second = ""] = before;
  if (before.length === 0) return firstWords(commands);
  const pair = `${first} ${second}`;
  const name = commands.has(pair) ? pair : first;
  const verb = commands.get(name);
  const seconds = before.length === 1 ? secondWords(commands, first) : [];
  if (verb === undefined) return seconds;
  if (begun.startsWith("-")) return optionsOf(verb);
  const given = before.slice(name.split(" ").length).filter((word) => !word.startsWith("-"));
  const places = Object.entries(verb.args).filter(([, { type }]) => type === "positional");
  const place = places[given.length]?.[0];
  return [...seconds, ...(place === undefined ? [] : await wordsFor(storeOf(context), name, place, given))];
}

function firstWords(commands: Commands): readonly Candidate[] {
  return [...commands]
    .map(([name, { summary }]) => {
      const [word = name, more] = name.split(" ");
      return more === undefined || commands.has(word) ? { word, what: summary } : { word };
    })
    .filter(({ word }, at, all) => all.findIndex((each) => each.word === word) === at);
}

function secondWords(commands: Commands, first: string): readonly Candidate[] {
  return [...commands]
    .filter(([name]) => name.startsWith(`${first} `))
    .map(([name, { summary }]) => ({ word: name.slice(first.length + 1), what: summary }));
}

function optionsOf({ args }: Command): readonly Candidate[] {
  return Object.entries(args)
    .filter(([, { type }]) => type !== "positional")
    .map(([name, { description }]) => ({
      word: `--${name}`,
      ...(description !== undefined && { what: description }),
    }));
}

/** What a command takes in a place. */
async function wordsFor(
  store: Store,
  verb: string,
  place: string,
  given: readonly string[],
): Promise<readonly Candidate[]> {
  switch (place) {
    case "name":
    case "old":
      return verb === "add" ? [] : profilesFor(store, verb);
    case "id":
      return idsOf(store, given[0] ?? "");
    case "pattern":
      return verb === "rule remove"
        ? (await readConfig(store)).rules.map(({ pattern }) => ({ word: pattern }))
        : [];
    case "shell":
      return SHELLS.map((word) => ({ word }));
    default:
      return [];
  }
}

function profilesFor(store: Store, verb: string): readonly Candidate[] {
  const removed = removedProfiles(store).map(({ name }) => ({ word: name, what: "removed profile" }));
  return [
    ...listProfiles(store).map((word) => ({ word, what: "profile" })),
    ...(verb.startsWith("backups") ? removed : []),
    ...(TAKE_SYSTEM.has(verb) ? [{ word: SYSTEM, what: "the untouched Claude Code" }] : []),
  ];
}

const TAKE_SYSTEM: ReadonlySet<string> = new Set(["local", "global", "rule add", "run", "exec"]);

function idsOf(store: Store, name: string): readonly Candidate[] {
  const profile = profileExists(store, name);
  if (profile === undefined) return [];
  return listDirectory(profilePathsOf(store, profile).backups)
    .filter((id) => id.includes("-credentials"))
    .sort()
    .map((word) => ({ word, what: "login" }));
}

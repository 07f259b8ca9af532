import { existsSync } from "node:fs";
import { type ConfigDirectory, readConfigDirectory } from "../adopt/config-directory.ts";
import { type Candidate, choicesOf, findCandidates, PEERS, type Peer } from "../adopt/peers.ts";
import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { ownValue } from "../json.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { type Store, storeOf } from "../paths.ts";
import { profileExists } from "../profile/profiles.ts";
import { isProfileName } from "../profile-name.ts";
import { identityIn } from "../reconcile/credentials-base.ts";
import { asClauthError, notice } from "../report.ts";
import { shellWord } from "../shell-line.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command, usageError } from "./command.ts";
import { importDirectory } from "./import-directory.ts";
import { showRustStore } from "./import-rust.ts";
import { type Cell, jsonText, tableText, viewOf, withTilde } from "./output.ts";
import { planOf } from "./plan.ts";
import { writableStore } from "./store.ts";

/** `clauth import`: what other tools and hands have made, listed; with `--from` each login is moved into a profile. */
export function importAll(context: Context): Command {
  return command({
    name: "import",
    summary: "take over logins of other tools and hand-made directories",
    args: {
      from: {
        type: "string",
        valueHint: "TOOL",
        description: `take over what this one has: rust, ${PEERS.join(", ")}`,
      },
      "dry-run": { type: "boolean", description: "only say what would be done" },
      "login-only": { type: "boolean", description: "leave all but the logins where it is" },
      json: JSON_FLAG,
    },
    examples: [
      ["clauth import", "what there is on this machine"],
      ["clauth import --from directory", "move the logins of ~/.claude-NAME directories"],
      ["clauth add old --import ~/.claude-old", "one directory, under a name of your own"],
    ],
    run: async (args) => {
      if (args.from === "rust") return showRustStore(context, args.json === true);
      const from = args.from === undefined ? undefined : peerNamed(args.from);
      if (from !== undefined && args.json && !args["dry-run"])
        throw usageError("--json shows what would be moved: it goes with --dry-run", "import");
      const candidates = findCandidates(context).filter((one) => from === undefined || one.from === from);
      const found = await Promise.all(candidates.map((one) => looked(context, storeOf(context), one)));
      if (from !== undefined && !args["dry-run"])
        return takeOver(context, from, found, args["login-only"] === true);
      const rows = () => found.map((each) => row(each, context.home));
      context.stdout.write(
        args.json ? jsonText(found.map(fields)) : tableText(COLUMNS, rows(), viewOf(context)),
      );
      if (!args.json) sayNext(context, from, found);
      return 0;
    },
  });
}

function peerNamed(text: string): Peer {
  const peer = PEERS.find((known) => known === text);
  if (peer === undefined) throw usageError(`--from takes one of: rust, ${PEERS.join(", ")}`, "import");
  return peer;
}

type Found = Candidate & {
  readonly state: "ready" | "no-login" | "link" | "name-taken" | "name-unusable" | "unreadable";
  readonly email: string | undefined;
  readonly plan: string | undefined;
};

async function looked(context: Context, store: Store, candidate: Candidate): Promise<Found> {
  try {
    const seen = await readConfigDirectory(context, store, candidate.directory);
    const { email } = identityIn(ownValue(seen.document, "oauthAccount"));
    return { ...candidate, email, plan: planIn(seen), state: stateOf(store, candidate, seen) };
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    return { ...candidate, email: undefined, plan: undefined, state: "unreadable" };
  }
}

function planIn({ login }: ConfigDirectory): string | undefined {
  return "bytes" in login ? planOf(judgeCredentials(login.bytes).document) : undefined;
}

function stateOf(store: Store, { name }: Candidate, { login }: ConfigDirectory): Found["state"] {
  if (login.kind === "none") return "no-login";
  if (login.kind === "link") return "link";
  if (!isProfileName(name)) return "name-unusable";
  return profileExists(store, name) === undefined ? "ready" : "name-taken";
}

const STATES: Readonly<Record<Found["state"], string>> = {
  ready: "can be taken over",
  "no-login": "no login in it",
  link: "its login is a link to another directory's",
  "name-taken": "there is a profile of that name",
  "name-unusable": "no name for a profile",
  unreadable: "can't be read",
};

function fields({ from, name, directory, email, plan, state }: Found) {
  return { from, name, directory, email: email ?? null, plan: plan ?? null, state };
}

const COLUMNS = [
  { head: "FROM", whole: true },
  { head: "NAME", whole: true },
  { head: "ACCOUNT" },
  { head: "STATE" },
  { head: "DIRECTORY" },
] as const;

function row({ from, name, directory, email, state }: Found, home: string): Cell[] {
  const account: Cell = email ?? { text: "-", colour: "dim" };
  const said: Cell = state === "ready" ? STATES.ready : { text: STATES[state], colour: "yellow" };
  return [from, name, account, said, withTilde(directory, home)];
}

function sayNext(context: Context, from: Peer | undefined, found: readonly Found[]): void {
  if (found.length === 0) notice(context, "nothing to take over was found");
  const ready = [...new Set(found.filter(({ state }) => state === "ready").map((each) => each.from))];
  const [first, ...more] = ready;
  const others = more.length === 0 ? "" : `, or --from ${more.join(", ")}`;
  if (first !== undefined)
    notice(context, `to move the logins into profiles: clauth import --from ${first}${others}`);
  for (const each of found)
    if (NAMED_ANEW.has(each.state)) notice(context, `under another name: ${byHand(each)}`);
  if (from !== undefined) for (const line of choiceLines(context, from)) notice(context, line);
}

const NAMED_ANEW: ReadonlySet<Found["state"]> = new Set(["name-taken", "name-unusable"]);

function byHand({ directory }: Candidate): string {
  return `clauth add NAME --import ${shellWord(directory)}`;
}

/** One that can't be moved does not stop the others, and makes the whole fail. */
async function takeOver(
  context: Context,
  from: Peer,
  found: readonly Found[],
  loginOnly: boolean,
): Promise<number> {
  const store = writableStore(context);
  const ends = [];
  for (const each of found) ends.push(await takeOne(context, store, each, loginOnly));
  if (found.length === 0) notice(context, `nothing of ${from} was found`);
  if (ends.includes("moved")) {
    for (const line of choiceLines(context, from)) notice(context, line);
    if (from !== "directory")
      notice(
        context,
        `${from} still picks directories for claude: take its lines out of your shell's startup files`,
      );
    if (!existsSync(store.config))
      notice(context, "use one of them here: clauth local NAME; everywhere: clauth global NAME");
  }
  return ends.includes("failed") ? 1 : 0;
}

async function takeOne(
  context: Context,
  store: Store,
  found: Found,
  loginOnly: boolean,
): Promise<"moved" | "left" | "failed"> {
  const { directory, name, state } = found;
  if (state !== "ready" || !isProfileName(name)) {
    const cure = NAMED_ANEW.has(state) ? `: ${byHand(found)}` : "";
    notice(context, `${directory}: ${STATES[state]}${cure}`);
    return "left";
  }
  try {
    await importDirectory(context, store, name, directory, { loginOnly });
    return "moved";
  } catch (error) {
    const { message, hint } = asClauthError(error);
    notice(context, `${directory}: ${message}`, hint);
    return "failed";
  }
}

/** What the tool was told to use where, as commands to type. */
function choiceLines(context: Context, from: Peer): string[] {
  const choices = choicesOf(from, context);
  return [
    ...(choices.default === undefined
      ? []
      : [`${choices.default} was its default: clauth global ${shellWord(choices.default)}`]),
    ...choices.directories.map(
      ({ directory, name }) => `it used ${name} there: clauth rule add ${shellWord(directory)} ${name}`,
    ),
  ];
}

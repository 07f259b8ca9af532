import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Context } from "../context.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { type Store, storeOf } from "../paths.ts";
import { isBaseUrl } from "../profile/config-guard.ts";
import { createProfile } from "../profile/create-profile.ts";
import { profileExists, refuseTaken, removedProfiles } from "../profile/profiles.ts";
import { type ProfileName, parseProfileName, sameName } from "../profile-name.ts";
import { placesWithLogin } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { type Input, standardInput } from "../run/standard-input.ts";
import { becomeHome } from "../session/become-home.ts";
import { readApiKey } from "./api-key-input.ts";
import { type Command, command, usageError } from "./command.ts";
import { readImport } from "./import-login.ts";
import { logIn } from "./login.ts";
import { writableStore } from "./store.ts";

/** `clauth add`: a new profile, and how it logs in. */
export function add(context: Context, input: Input = standardInput(context)): Command {
  return command({
    name: "add",
    summary: "add a profile",
    args: {
      name: { type: "positional", required: false, description: "letters, digits or . _ @ + -" },
      login: { type: "boolean", description: "log in now, by claude auth login" },
      home: { type: "boolean", description: "stand for the login that is in ~/.claude" },
      import: {
        type: "string",
        valueHint: "DIR|FILE|-",
        description: "take over the login of a config directory",
      },
      "login-only": {
        type: "boolean",
        description: "with --import: leave all but the login there",
      },
      "api-key": { type: "boolean", description: "use an API key, read from a prompt or standard input" },
      "base-url": { type: "string", valueHint: "URL", description: "another server for the API key" },
    },
    examples: [
      ["clauth add work --login", "another account, logged in now"],
      ["clauth add personal --home", "a name for the login that you have"],
      ["clauth add client --api-key", "asks for the key"],
      ["clauth add old --import ~/.claude-old", "take over a config directory made by hand"],
    ],
    run: async (args) => {
      const given = { login: args.login, home: args.home, import: args.import, apiKey: args["api-key"] };
      const chosen = modeOf(given);
      if (args["login-only"] && chosen !== "import")
        throw usageError("--login-only goes with --import", "add");
      const name = parseProfileName(args.name ?? askName(input));
      const store = writableStore(context);
      if (args.home !== true) refuseTaken(store, name);
      const mode = chosen ?? ask(input);
      const baseUrl = args["base-url"];
      if (baseUrl !== undefined && mode !== "api-key")
        throw usageError("--base-url goes with --api-key", "add");
      const isFirst = !existsSync(store.config);
      const wasRemoved = removedProfiles(store).some((removed) => sameName(removed.name, name));

      if (mode === "home") await addHome(context, store, name);
      else if (mode === "import") {
        const loginOnly = args["login-only"] === true;
        await importLogin(context, store, name, { file: args.import ?? "-", input, loginOnly });
      } else if (mode === "api-key") {
        refuseBaseUrl(baseUrl);
        const apiKey = readApiKey(input);
        createProfile(store, name, { apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) });
      } else createProfile(store, name, {});

      notice(
        context,
        mode === "home" ? `profile "${name}" is the login in ~/.claude` : `added profile "${name}"`,
      );
      if (mode === "login") await logIn(context, store, name, []);
      if (mode === "later") notice(context, `to log it in: clauth login ${name}`);
      if (wasRemoved)
        notice(context, `one of that name was removed, and is another: clauth backups ${name} shows it`);
      if (isFirst) notice(context, `use it here: clauth local ${name}; everywhere: clauth global ${name}`);
      return 0;
    },
  });
}

/** Before a key is asked for. */
function refuseBaseUrl(baseUrl: string | undefined): void {
  if (baseUrl !== undefined && !isBaseUrl(baseUrl))
    throw usageError("--base-url takes an address that begins with https:// or http://", "add");
}

type Mode = "login" | "home" | "import" | "api-key" | "later";

function modeOf(given: {
  readonly login: boolean | undefined;
  readonly home: boolean | undefined;
  readonly import: string | undefined;
  readonly apiKey: boolean | undefined;
}): Mode | undefined {
  const modes: Mode[] = [
    ...(given.login ? ["login" as const] : []),
    ...(given.home ? ["home" as const] : []),
    ...(given.import === undefined ? [] : ["import" as const]),
    ...(given.apiKey ? ["api-key" as const] : []),
  ];
  if (modes.length > 1) throw usageError("--login, --home, --import and --api-key exclude each other", "add");
  return modes[0];
}

/** On a terminal; nobody is asked in a script. */
function askName(input: Input): string {
  if (!input.isTerminal) throw usageError("NAME is missing", "add");
  return input.line("name of the profile, as work or personal: ").trim();
}

function ask(input: Input): Mode {
  if (!input.isTerminal) return "later";
  const answer = input.line(
    "how does it log in?\n  1  by claude auth login, now\n  2  with an API key\n  3  it is the login in ~/.claude\n  4  later\n[1-4, default 1]: ",
  );
  const mode = MODES[answer.trim() || "1"];
  if (mode === undefined) throw usageError("the answer is 1, 2, 3 or 4", "add");
  return mode;
}

const MODES: Readonly<Record<string, Mode>> = { 1: "login", 2: "api-key", 3: "home", 4: "later" };

async function addHome(context: Context, store: Store, name: ProfileName): Promise<void> {
  const present = profileExists(store, name);
  if (present === undefined) createProfile(store, name, { home: true });
  else becomeHome(store, await placesWithLogin(context, store, present));
}

type Import = { readonly file: string; readonly input: Input; readonly loginOnly: boolean };

/** A `.credentials.json` stands for its directory: it is moved, so that no claude uses it there. */
async function importLogin(context: Context, store: Store, name: ProfileName, given: Import): Promise<void> {
  const path = resolve(context.cwd, given.file);
  const directory = basename(path) === ".credentials.json" ? dirname(path) : path;
  if (given.file !== "-" && isDirectory(directory)) {
    const { importDirectory } = await import("./import-directory.ts");
    return importDirectory(context, store, name, directory, given);
  }
  const { bytes, source } = await readImport(context, storeOf(context), given.file, given.input);
  createProfile(store, name, {}, bytes);
  notice(context, `the login of ${source} belongs to "${name}" now: used there again, it would end here`);
}

function isDirectory(path: string): boolean {
  return attempt("look at", path, () => disk.statIfThere(path))?.isDirectory() === true;
}

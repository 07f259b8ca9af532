import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Context } from "../context.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import type { Store } from "../paths.ts";
import { isBaseUrl } from "../profile/config-guard.ts";
import { createProfile } from "../profile/create-profile.ts";
import type { NewProfileConfig } from "../profile/new-config.ts";
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
      const chosen = modeOf(args);
      const [baseUrl, loginOnly] = [args["base-url"], args["login-only"] === true];
      if (loginOnly && chosen !== "import") throw usageError("--login-only goes with --import", "add");
      const name = parseProfileName(args.name ?? askName(input));
      const store = writableStore(context);
      if (args.home !== true) refuseTaken(store, name);
      const mode = chosen ?? askMode(input);
      if (baseUrl !== undefined && mode !== "api-key")
        throw usageError("--base-url goes with --api-key", "add");
      const isFirst = !existsSync(store.config);
      const wasRemoved = removedProfiles(store).some((removed) => sameName(removed.name, name));
      await make(context, store, name, { mode, input, baseUrl, file: args.import ?? "-", loginOnly });
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

/** How a new profile logs in, as the options are called. */
const OPTIONS = ["login", "home", "import", "api-key"] as const;

type Mode = (typeof OPTIONS)[number] | "later";

function modeOf(
  args: Readonly<Record<(typeof OPTIONS)[number], string | boolean | undefined>>,
): Mode | undefined {
  const modes = OPTIONS.filter((mode) => args[mode] !== undefined && args[mode] !== false);
  if (modes.length > 1) throw usageError("--login, --home, --import and --api-key exclude each other", "add");
  return modes[0];
}

/** On a terminal; nobody is asked in a script. */
function askName(input: Input): string {
  if (!input.isTerminal) throw usageError("NAME is missing", "add");
  return input.line("name of the profile, as work or personal: ").trim();
}

function askMode(input: Input): Mode {
  if (!input.isTerminal) return "later";
  const answer = input.line(
    "how does it log in?\n  1  by claude auth login, now\n  2  with an API key\n  3  it is the login in ~/.claude\n  4  later\n[1-4, default 1]: ",
  );
  const mode = MODES[answer.trim() || "1"];
  if (mode === undefined) throw usageError("the answer is 1, 2, 3 or 4", "add");
  return mode;
}

const MODES: Readonly<Record<string, Mode>> = { 1: "login", 2: "api-key", 3: "home", 4: "later" };

type Making = {
  readonly mode: Mode;
  readonly input: Input;
  readonly baseUrl: string | undefined;
  /** What `--import` names. */
  readonly file: string;
  readonly loginOnly: boolean;
};

async function make(context: Context, store: Store, name: ProfileName, making: Making): Promise<void> {
  switch (making.mode) {
    case "home":
      return makeHome(context, store, name);
    case "import":
      return importLogin(context, store, name, making);
    case "api-key":
      return createProfile(store, name, apiKeyConfig(making));
    case "login":
    case "later":
      return createProfile(store, name, {});
  }
}

async function makeHome(context: Context, store: Store, name: ProfileName): Promise<void> {
  const present = profileExists(store, name);
  if (present === undefined) createProfile(store, name, { home: true });
  else becomeHome(store, await placesWithLogin(context, store, present));
}

/** The address is judged before a key is asked for. */
function apiKeyConfig({ baseUrl, input }: Making): NewProfileConfig {
  if (baseUrl !== undefined && !isBaseUrl(baseUrl))
    throw usageError("--base-url takes an address that begins with https:// or http://", "add");
  return { apiKey: readApiKey(input), baseUrl };
}

/** A `.credentials.json` stands for its directory: it is moved, so that no claude uses it there. */
async function importLogin(context: Context, store: Store, name: ProfileName, making: Making): Promise<void> {
  const { file, input } = making;
  const path = resolve(context.cwd, file);
  const directory = basename(path) === ".credentials.json" ? dirname(path) : path;
  if (file !== "-" && isDirectory(directory)) {
    const { importDirectory } = await import("./import-directory.ts");
    return importDirectory(context, store, name, directory, making);
  }
  const { bytes, source } = await readImport(context, store, file, input);
  createProfile(store, name, {}, bytes);
  notice(context, `the login of ${source} belongs to "${name}" now: used there again, it would end here`);
}

function isDirectory(path: string): boolean {
  return attempt("look at", path, () => disk.statIfThere(path))?.isDirectory() === true;
}

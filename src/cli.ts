import { version } from "../package.json";
import { paintFor } from "./commands/colour.ts";
import type { Command } from "./commands/command.ts";
import { splitAtDashes } from "./commands/command.ts";
import { refuseSecrets } from "./commands/secret-arguments.ts";
import type { Context } from "./context.ts";
import type { ClauthError } from "./errors.ts";
import { asClauthError, errorFormat, reportError } from "./report.ts";

/**
 * One call of `clauth`: finds the verb, loads it alone, and turns whatever it throws into text or JSON and a status.
 * @returns 0 done, 1 failed, 2 wrong usage; `run` and `exec` fail with 125 to 127, as `env` and `timeout` do
 */
export async function runCommand(context: Context): Promise<number> {
  const { own } = splitAtDashes(context.args);
  const { verb, words } = verbIn(own);
  try {
    refuseSecrets(own);
    if (verb === undefined) return await withoutVerb(context, own);
    const command = await verb.load(context);
    if (!asksForHelp(own)) return await command.run(context.args.slice(words));
    context.stdout.write(command.usage(paintFor(context)));
    return 0;
  } catch (thrown) {
    const error = asClauthError(thrown);
    reportError(context, error, own.includes("--json") ? "json" : errorFormat(context));
    return statusOf(error, verb?.starts === true);
  }
}

type Verb = {
  readonly load: (context: Context) => Promise<Command>;
  /** True where it starts another program, whose exit status must be told from our own failures. */
  readonly starts?: true;
  readonly hidden?: true;
};

/** Each verb is loaded when it is called. */
const VERBS: Readonly<Record<string, Verb>> = {
  add: { load: async (context) => (await import("./commands/add.ts")).add(context) },
  import: { load: async (context) => (await import("./commands/import.ts")).importAll(context) },
  list: { load: async (context) => (await import("./commands/list.ts")).list(context) },
  remove: { load: async (context) => (await import("./commands/remove.ts")).remove(context) },
  rename: { load: async (context) => (await import("./commands/rename.ts")).rename(context) },
  local: { load: async (context) => (await import("./commands/local.ts")).local(context) },
  global: { load: async (context) => (await import("./commands/global.ts")).global(context) },
  "rule add": { load: async (context) => (await import("./commands/rule-add.ts")).ruleAdd(context) },
  "rule list": { load: async (context) => (await import("./commands/rule-list.ts")).ruleList(context) },
  "rule remove": { load: async (context) => (await import("./commands/rule-remove.ts")).ruleRemove(context) },
  allow: { load: async (context) => (await import("./commands/allow.ts")).allow(context) },
  deny: { load: async (context) => (await import("./commands/deny.ts")).deny(context) },
  which: { load: async (context) => (await import("./commands/which.ts")).which(context) },
  current: { load: async (context) => (await import("./commands/current.ts")).current(context) },
  run: { starts: true, load: async (context) => (await import("./commands/run.ts")).run(context) },
  exec: { starts: true, load: async (context) => (await import("./commands/exec.ts")).exec(context) },
  login: { load: async (context) => (await import("./commands/login.ts")).login(context) },
  logout: { load: async (context) => (await import("./commands/logout.ts")).logout(context) },
  sessions: { load: async (context) => (await import("./commands/sessions.ts")).sessions(context) },
  sync: { load: async (context) => (await import("./commands/sync.ts")).sync(context) },
  backups: { load: async (context) => (await import("./commands/backups.ts")).backups(context) },
  "backups restore": {
    load: async (context) => (await import("./commands/backups-restore.ts")).backupsRestore(context),
  },
  doctor: { load: async (context) => (await import("./commands/doctor.ts")).doctor(context) },
  statusline: { load: async (context) => (await import("./commands/statusline.ts")).statusline(context) },
  "editor vscode": {
    load: async (context) => (await import("./commands/editor-vscode.ts")).editorVscode(context),
  },
  uninstall: { load: async (context) => (await import("./commands/uninstall.ts")).uninstall(context) },
  completions: {
    load: async (context) => (await import("./commands/completions.ts")).completions(context),
  },
  "__api-key": {
    hidden: true,
    load: async (context) => (await import("./commands/api-key.ts")).apiKey(context),
  },
  __install: {
    hidden: true,
    load: async (context) => (await import("./commands/windows-install.ts")).windowsInstall(context),
  },
  __uninstall: {
    hidden: true,
    load: async (context) => (await import("./commands/windows-uninstall.ts")).windowsUninstall(context),
  },
  __complete: {
    hidden: true,
    load: async (context) =>
      (await import("./commands/complete.ts")).complete(context, () => shownCommands(context)),
  },
};

function verbIn(own: readonly string[]): { readonly verb: Verb | undefined; readonly words: number } {
  for (const words of [2, 1]) {
    const name = own.slice(0, words).join(" ");
    if (own.length >= words && Object.hasOwn(VERBS, name)) return { verb: VERBS[name], words };
  }
  return { verb: undefined, words: 0 };
}

/** What is no verb of its own: the overview, the help and the version. */
async function withoutVerb(context: Context, own: readonly string[]): Promise<number> {
  if (context.args.length === 0) {
    const { overview } = await import("./commands/overview.ts");
    await overview(context);
    return 0;
  }
  const [first = "help", ...words] = own;
  if (["version", "--version", "-V", "-v"].includes(first)) context.stdout.write(`clauth ${version}\n`);
  else if (["help", "--help", "-h"].includes(first)) context.stdout.write(await help(context, words));
  else if (asksForHelp(words)) context.stdout.write(await help(context, [first]));
  else throw await noSuchCommand(context, first);
  return 0;
}

function asksForHelp(own: readonly string[]): boolean {
  return own.includes("--help") || own.includes("-h");
}

async function help(context: Context, words: readonly string[]): Promise<string> {
  const { verb } = verbIn(words);
  if (verb !== undefined) return (await verb.load(context)).usage(paintFor(context));
  const { groupText, helpText } = await import("./commands/help.ts");
  const commands = await shownCommands(context);
  const [group] = words;
  if (group === undefined) return helpText(commands, paintFor(context));
  const inGroup = new Map([...commands].filter(([name]) => name.startsWith(`${group} `)));
  if (inGroup.size === 0) throw await noSuchCommand(context, group);
  return groupText(group, inGroup, paintFor(context));
}

/** The guess is loaded when it is needed. */
async function noSuchCommand(context: Context, word: string): Promise<ClauthError> {
  const guess = await import("./commands/no-such-command.ts");
  return guess.noSuchCommand(context, word, Object.keys(VERBS).filter(isShown));
}

async function shownCommands(context: Context): Promise<ReadonlyMap<string, Command>> {
  const shown = Object.entries(VERBS).filter(([name]) => isShown(name));
  return new Map(
    await Promise.all(shown.map(async ([name, { load }]) => [name, await load(context)] as const)),
  );
}

function isShown(name: string): boolean {
  return VERBS[name]?.hidden !== true;
}

function statusOf(error: ClauthError, starts: boolean): number {
  if (starts) return Math.max(error.exitCode, 125);
  return error.exitCode === 2 ? 2 : 1;
}

import type { Paint } from "./colour.ts";
import type { Command } from "./command.ts";
import { type Example, section } from "./usage.ts";

/**
 * The help of `clauth` as a whole: every command with its one line, and how most people begin.
 * @param commands by their names
 */
export function helpText(commands: Summaries, paint: Paint): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  const sections = Object.entries(GROUPS).flatMap(([head, names]) =>
    section(
      head,
      names.map((name) => [name.padEnd(width), commands.get(name)?.summary ?? ""]),
      paint,
    ),
  );
  return [
    "clauth picks the Claude Code account for every directory;",
    "typing `claude` stays typing `claude`",
    "",
    `${paint("usage:", "bold")} clauth COMMAND [ARGUMENTS]`,
    ...sections,
    ...section("to begin with", BEGINNING, paint),
    "",
    MORE,
    "",
  ].join("\n");
}

/** The help of a word that begins several commands: "rule". */
export function groupText(word: string, commands: Summaries, paint: Paint): string {
  const rows = [...commands].map(([name, { summary }]): Example => [`clauth ${name}`, summary]);
  return [
    `${paint("usage:", "bold")} clauth ${word} COMMAND`,
    ...section("commands", rows, paint),
    "",
    MORE,
    "",
  ].join("\n");
}

type Summaries = ReadonlyMap<string, Pick<Command, "summary">>;

const MORE = "clauth COMMAND --help shows what a command takes, with examples";

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  profiles: ["add", "import", "list", "login", "logout", "rename", "remove"],
  choosing: ["local", "global", "rule add", "rule list", "rule remove", "allow", "deny", "which", "current"],
  running: ["run", "exec", "sessions", "sync"],
  "when something is wrong": ["doctor", "backups", "backups restore", "uninstall"],
  "prompts, editors and shells": ["statusline", "editor vscode", "completions"],
};

const BEGINNING: readonly Example[] = [
  ["clauth add work --login", "a second account"],
  ["clauth local work", "use it in this directory and below"],
  ["clauth which", "which account answers here, and why"],
];

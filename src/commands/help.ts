import type { Command } from "./command.ts";

/** The help of `clauth` as a whole: every command with its one line. */
export function helpText(commands: readonly (readonly [name: string, command: Command])[]): string {
  const width = Math.max(...commands.map(([name]) => name.length));
  return [
    "clauth picks the Claude Code account for every directory; typing `claude` stays typing `claude`",
    "",
    "usage: clauth COMMAND [ARGUMENTS]",
    "",
    ...commands.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "clauth COMMAND --help shows what a command takes",
    "",
  ].join("\n");
}

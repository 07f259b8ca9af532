import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { isFile, readRegularFile } from "../disk/read-file.ts";
import { installedIn, isShim } from "../own-executable.ts";
import type { Store } from "../paths.ts";
import { ask } from "./ask.ts";
import type { Finding } from "./finding.ts";

/**
 * What `claude` is in a new shell: an alias or a function passes the shim by, and a startup file may put another directory first.
 * Asked are the shells that the user has startup files of.
 */
export async function checkShells(context: Context, store: Store): Promise<readonly Finding[]> {
  const used = SHELLS.flatMap((shell) => {
    const program = programOf(shell.name, context);
    const hasFile = shell.files.some((file) => existsSync(join(context.home, file)));
    return program !== undefined && hasFile ? [{ ...shell, program }] : [];
  });
  return (await Promise.all(used.map((shell) => checkShell(context, store, shell)))).flat();
}

const SHELLS = [
  {
    name: "bash",
    files: [".bashrc", ".bash_profile", ".bash_login", ".profile"],
    probe: 'printf "\\nclauth-probe %s %s\\n" "$(type -t claude)" "$(type -P claude)"',
  },
  {
    name: "zsh",
    files: [".zshrc", ".zprofile", ".zshenv", ".zlogin"],
    probe: 'printf "\\nclauth-probe %s %s\\n" "$(whence -w claude)" "$(whence -p claude)"',
  },
  {
    name: "fish",
    files: [".config/fish/config.fish", ".config/fish/conf.d"],
    probe: 'printf "\\nclauth-probe %s %s\\n" (type -t claude; or echo none) (command -s claude; or echo)',
  },
] as const;

const KINDS = [
  { kind: "an interactive", flags: ["-i"] },
  { kind: "a login", flags: ["-l"] },
  { kind: "an interactive login", flags: ["-l", "-i"] },
] as const;

type Shell = (typeof SHELLS)[number] & { readonly program: string };

/** Never of the working directory. */
function programOf(name: string, { env }: Context): string | undefined {
  const directories = (env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find(isFile);
}

/** A terminal starts one of these kinds, an editor or `ssh` another, and each reads other startup files. */
async function checkShell(context: Context, store: Store, shell: Shell): Promise<readonly Finding[]> {
  const answers = await Promise.all(
    KINDS.map(async ({ kind, flags }) => ({ kind, answer: await answerOf(context, shell, flags) })),
  );
  return [...Map.groupBy(answers, ({ answer }) => answer)].flatMap(([answer, of]) => {
    const which = of.length === KINDS.length ? "every" : of.map(({ kind }) => kind).join(" and ");
    const kinds = `${which} ${shell.name}`;
    return answer === "the shim" ? [] : [findingOf(context, store, { shell, kinds, answer })];
  });
}

/** "the shim", "an alias", "a function", the path of another program; "" where there is none. Undefined: no answer. */
async function answerOf(
  context: Context,
  { probe, program }: Shell,
  flags: readonly string[],
): Promise<string | undefined> {
  const said = await ask({ argv: [program, ...flags, "-c", probe], env: context.env, cwd: context.home });
  const [line, type, path = ""] = /^clauth-probe (?:claude: )?(\w*) ?(.*)$/m.exec(said ?? "") ?? [];
  if (line === undefined) return undefined;
  if (type === "alias" || type === "function") return type === "alias" ? "an alias" : "a function";
  return path !== "" && isShim(path, context) ? "the shim" : path;
}

type Answered = { readonly shell: Shell; readonly kinds: string; readonly answer: string | undefined };

function findingOf(context: Context, store: Store, { shell, kinds, answer }: Answered): Finding {
  const check = "shells";
  if (answer === undefined) {
    const hint = "look at its startup files: does one wait for something?";
    return { check, level: "warning", message: `${kinds} gave no answer`, hint };
  }
  if (answer === "an alias" || answer === "a function") {
    const place = definedAt(context, shell) ?? `the startup file of ${shell.name}`;
    const message = `in ${kinds}, claude is ${answer}: typing it may pass the shim by`;
    return { check, level: "warning", message, hint: `take it out of ${place}, then open a new shell` };
  }
  const bin = installedIn(context, store);
  const line = shell.name === "fish" ? `fish_add_path --move --path ${bin}` : `export PATH="${bin}:$PATH"`;
  const message = `in ${kinds}, claude is ${answer === "" ? "not found" : answer}, not the shim`;
  return { check, level: "problem", message, hint: `as the last line of its startup file: ${line}` };
}

/** Where an alias or a function of that name is made, if that is in one of the files themselves. */
function definedAt({ home }: Context, { files }: Shell): string | undefined {
  for (const file of files) {
    const path = join(home, file);
    const at = linesOf(path).findIndex((line) =>
      /^\s*(alias|function)\s+claude\b(?!-)|^\s*claude\s*\(\)/.test(line),
    );
    if (at !== -1) return `${path}:${at + 1}`;
  }
  return undefined;
}

/** What can't be read tells nothing; a directory of startup files is no file. */
function linesOf(path: string): string[] {
  try {
    return new TextDecoder().decode(readRegularFile(path)?.bytes).split("\n");
  } catch {
    return [];
  }
}

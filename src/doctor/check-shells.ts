import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { isShim } from "../own-executable.ts";
import type { Store } from "../paths.ts";
import { ask } from "./ask.ts";
import type { Finding } from "./finding.ts";

/**
 * What `claude` is in a new shell: an alias or a function passes the shim by, and a startup file may put another directory first.
 * Asked are the shells that the user has startup files of.
 */
export async function checkShells(context: Context, store: Store): Promise<readonly Finding[]> {
  const questions = SHELLS.flatMap((shell) => {
    const program = programOf(shell.name, context);
    const used = shell.files.some((file) => existsSync(join(context.home, file)));
    return program !== undefined && used ? KINDS.map((kind) => ({ ...shell, ...kind, program })) : [];
  });
  const found = await Promise.all(questions.map((question) => checkShell(context, store, question)));
  return found
    .flat()
    .filter(({ message }, at, all) => all.findIndex((one) => one.message === message) === at);
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
  { kind: "an interactive", flag: "-i" },
  { kind: "a login", flag: "-l" },
] as const;

type Asked = (typeof SHELLS)[number] & (typeof KINDS)[number] & { readonly program: string };

/** Never of the working directory. */
function programOf(name: string, { env }: Context): string | undefined {
  const directories = (env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

async function checkShell(context: Context, store: Store, shell: Asked): Promise<readonly Finding[]> {
  const { name, kind, flag, probe, program } = shell;
  const said = await ask({ argv: [program, flag, "-c", probe], env: context.env, cwd: context.home });
  const [, type = "", path = ""] = /^clauth-probe (?:claude: )?(\w*) ?(.*)$/m.exec(said ?? "") ?? [];
  const check = "shells";
  if (said === undefined || !said.includes("clauth-probe ")) {
    const message = `${kind} ${name} gave no answer`;
    return [
      { check, level: "warning", message, hint: `look at its startup files: does one wait for something?` },
    ];
  }
  if (type === "alias" || type === "function") {
    const message = `in ${name}, claude is ${type === "alias" ? "an alias" : "a function"}: typing it may pass the shim by`;
    const hint = `take it out of the startup file of ${name}, then open a new shell`;
    return [{ check, level: "warning", message, hint }];
  }
  if (path !== "" && isShim(path, context)) return [];
  const message = `in ${kind} ${name}, claude is ${path === "" ? "not found" : path}, not the shim`;
  const line =
    name === "fish" ? `fish_add_path --move --path ${store.bin}` : `export PATH="${store.bin}:$PATH"`;
  return [{ check, level: "problem", message, hint: `as the last line of its startup file: ${line}` }];
}

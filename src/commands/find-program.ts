import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join, resolve, win32 } from "node:path";
import type { Context } from "../context.ts";
import { isFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { shellWord } from "../shell-line.ts";
import { type Program, windowsProgram } from "../windows/program.ts";
import { windowsProgramNames, windowsSearchPath } from "../windows/search-path.ts";

type Looking = Pick<Context, "cwd" | "env" | "platform">;

/**
 * The program that a word means, as execvp(3) or cmd looks, but for relative entries of PATH: nothing of the working directory
 * runs unless it is named.
 * @throws ClauthError `command_not_found` (127), `command_not_runnable` (126)
 */
export function findProgram(word: string, context: Looking): Program {
  const files = filesOf(word, context).filter(isFile);
  for (const file of files) {
    const program = programAt(file, context);
    if (program !== undefined) return program;
  }
  const [refused] = files;
  throw refused === undefined ? notFound(context) : notRunnable(refused, context);
}

function filesOf(word: string, { cwd, env, platform }: Looking): readonly string[] {
  const path = env["PATH"] ?? "";
  if (platform !== "win32") {
    const directories = path.split(delimiter).filter(isAbsolute);
    return word.includes("/") ? [resolve(cwd, word)] : directories.map((directory) => join(directory, word));
  }
  const hasExtension = /\.[^\\/.]+$/.test(word);
  const words = [...(hasExtension ? [word] : []), ...windowsProgramNames(word, env["PATHEXT"])];
  if (/[\\/:]/.test(word)) return words.map((each) => win32.resolve(cwd, each));
  return windowsSearchPath(path).flatMap((directory) => words.map((each) => win32.join(directory, each)));
}

/** undefined for what can't be executed, or on Windows is a batch file that is not of a package manager's kind. */
function programAt(path: string, { env, platform }: Looking): Program | undefined {
  try {
    if (platform === "win32") return windowsProgram(path, env);
    accessSync(path, constants.X_OK);
    return { path, before: [] };
  } catch {
    return undefined;
  }
}

function notFound({ platform }: Looking): ClauthError {
  return new ClauthError({
    kind: "command_not_found",
    message: "there is no such program on PATH",
    hint: `name it by its path: clauth exec NAME -- ${platform === "win32" ? "C:\\DIR\\PROGRAM.exe" : "/DIR/PROGRAM"}`,
    exitCode: 127,
  });
}

function notRunnable(path: string, { platform }: Looking): ClauthError {
  return new ClauthError({
    kind: "command_not_runnable",
    message: platform === "win32" ? `${path} can't be started without a shell` : `${path} is not executable`,
    hint: platform === "win32" ? "clauth exec NAME -- cmd /c COMMAND" : `chmod +x ${shellWord(path)}`,
    path,
    exitCode: 126,
  });
}

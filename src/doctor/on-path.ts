import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { isFile } from "../disk/read-file.ts";
import { windowsProgramNames, windowsSearchPath } from "../windows/search-path.ts";

/** Every program that typing `name` may mean, in the order of PATH: the first is what a shell starts. */
export function filesOnPath(name: string, { env, platform }: Pick<Context, "env" | "platform">): string[] {
  const path = env["PATH"] ?? "";
  if (platform === "win32")
    return filesIn(windowsSearchPath(path), windowsProgramNames(name, env["PATHEXT"]));
  return filesIn(path.split(delimiter).filter(isAbsolute), [name]);
}

export function filesIn(directories: readonly string[], names: readonly string[]): string[] {
  return directories.flatMap((directory) => names.map((name) => join(directory, name))).filter(isProgram);
}

/** Shells pass over what can't be executed. Windows asks nothing but the ending. */
function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false;
  }
}

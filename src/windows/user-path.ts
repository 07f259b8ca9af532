import { lstatSync } from "node:fs";
import { win32 } from "node:path";
import type { Environment } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { expandVariables, withFirst, without } from "./path-variable.ts";
import type { Registry, RegistryText } from "./registry.ts";
import { isFullWindowsPath, windowsPathEntries, windowsProgramNames } from "./search-path.ts";

/** PATH in the user's environment, as the registry keeps it. */
const PATH = "Path";

/** Longer than this Windows gives no program a variable. */
const LONGEST = 32_767;

/**
 * Puts a directory first on the user's PATH. Everything else in it stays as it is, variables in it unexpanded.
 * @returns false where it is first already
 * @throws ClauthError `path_variable_full`, with nothing changed; `registry_failed`
 */
export function putFirstOnUserPath(directory: string, registry: Registry, env: Environment): boolean {
  const before = registry.read("user", PATH);
  const text = withFirst(before?.text ?? "", directory, env);
  if (text === before?.text) return false;
  if (text.length >= LONGEST) {
    throw new ClauthError({
      kind: "path_variable_full",
      message: `the user's PATH has ${before?.text.length} characters: there is no room for ${directory}`,
      hint: "take out what is not used, by rundll32 sysdm.cpl,EditEnvironmentVariables",
    });
  }
  registry.write(PATH, { text, expands: before?.expands ?? true });
  return true;
}

/**
 * Takes a directory from the user's PATH. A value of nothing else is removed, as there was none before.
 * @returns false where it is not on it
 * @throws ClauthError `registry_failed`
 */
export function takeFromUserPath(directory: string, registry: Registry, env: Environment): boolean {
  const before = registry.read("user", PATH);
  if (before === undefined) return false;
  const text = without(before.text, directory, env);
  if (text === before.text) return false;
  registry.write(PATH, text === "" ? undefined : { ...before, text });
  return true;
}

/**
 * The file that typing `name` starts in a new console: the machine's PATH comes before the user's. Aliases of store apps count, of
 * which there is nothing but an entry in a directory.
 */
export function foundInNewConsole(name: string, registry: Registry, env: Environment): string | undefined {
  const names = windowsProgramNames(name, env["PATHEXT"]);
  const scopes = ["machine", "user"] as const;
  const paths = scopes.map((scope) => expanded(registry.read(scope, PATH), env));
  return windowsPathEntries(paths.join(";"))
    .map((entry) => entry.replaceAll('"', "").trim())
    .filter(isFullWindowsPath)
    .flatMap((directory) => names.map((file) => win32.join(directory, file)))
    .find(isThere);
}

function expanded(value: RegistryText | undefined, env: Environment): string {
  if (value === undefined) return "";
  return value.expands ? expandVariables(value.text, env) : value.text;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch {
    return false;
  }
}

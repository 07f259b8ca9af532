import { win32 } from "node:path";
import type { Environment } from "../context.ts";
import { windowsPathEntries } from "./search-path.ts";

/**
 * A PATH with `directory` as its first entry and nowhere else. The other entries keep their bytes: variables in them stay
 * unexpanded, quotes and empty entries stand. A PATH that has it first is not changed at all.
 */
export function withFirst(path: string, directory: string, env: Environment): string {
  const entries = windowsPathEntries(path);
  const others = entries.filter((entry) => !means(entry, directory, env));
  if (others.length === entries.length - 1 && means(entries[0] ?? "", directory, env)) return path;
  return path === "" || others.length === 0 ? directory : [directory, ...others].join(";");
}

/** A PATH without `directory`; what `withFirst` made of another one is that one again. */
export function without(path: string, directory: string, env: Environment): string {
  const others = windowsPathEntries(path).filter((entry) => !means(entry, directory, env));
  return others.join(";");
}

/** True for an entry that is the directory, however it is spelled. */
function means(entry: string, directory: string, env: Environment): boolean {
  return canonical(expandVariables(entry, env)) === canonical(directory);
}

function canonical(directory: string): string {
  const path = win32.normalize(directory.replaceAll('"', "").trim());
  return path.replace(/\\+$/, "").toLowerCase();
}

/** `%NAME%` by the environment, whose names have no case; a name that is not set keeps its signs, as in Windows. */
export function expandVariables(text: string, env: Environment): string {
  return text.replace(/%([^%;]+)%/g, (spelled, name: string) => {
    const known = Object.keys(env).find((key) => key.toLowerCase() === name.toLowerCase());
    return (known === undefined ? undefined : env[known]) ?? spelled;
  });
}

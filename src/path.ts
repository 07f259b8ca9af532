import type * as Node from "node:path";

/**
 * As much of node:path as a start uses, under the same names. The module is JavaScript that every process compiles anew (0.4 ms;
 * measured on Bun 1.4.5), and a plain path needs none of it: whatever is not plain, and every path of Windows, is left to it.
 */
export function join(first: string, ...rest: readonly string[]): string {
  let path = first === "/" ? "" : first;
  for (const part of rest) path += `/${part}`;
  return first !== "" && isPlain(path) ? path : nodePath().join(first, ...rest);
}

export function dirname(path: string): string {
  if (path === "/") return path;
  const end = path.lastIndexOf("/");
  if (isWindows || path.endsWith("/") || path[end - 1] === "/") return nodePath().dirname(path);
  return end === -1 ? "." : path.slice(0, end || 1);
}

export function basename(path: string): string {
  if (isWindows || path.endsWith("/")) return nodePath().basename(path);
  return path.slice(path.lastIndexOf("/") + 1);
}

export function isAbsolute(path: string): boolean {
  return isWindows ? nodePath().isAbsolute(path) : path.startsWith("/");
}

/** A plain path is absolute already. */
export function resolve(...parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return isPlain(last) ? last : nodePath().resolve(...parts);
}

export function relative(from: string, to: string): string {
  if (!isPlain(from) || !isPlain(to)) return nodePath().relative(from, to);
  const [here, there] = [from.split("/"), to.split("/")];
  let common = 0;
  while (common < here.length && here[common] === there[common]) common++;
  const rest = there.slice(common).join("/");
  const up = "../".repeat(here.length - common);
  return rest === "" ? up.slice(0, -1) : `${up}${rest}`;
}

export function normalize(path: string): string {
  return isPlain(path) ? path : nodePath().normalize(path);
}

/** node:path itself, loaded at its first use. */
export function nodePath(): typeof Node {
  return require("node:path");
}

const isWindows = process.platform === "win32";

export const sep = isWindows ? "\\" : "/";

/** What the paths in a directory begin with: where there are many, joining each would judge the same text as often. */
export function prefixOf(directory: string): string {
  return directory.endsWith(sep) ? directory : directory + sep;
}

/** Absolute, and without an empty part or one of dots: what joining, resolving and normalizing leave as it is. */
export function isPlain(path: string): boolean {
  if (isWindows || !path.startsWith("/") || path.includes("//")) return false;
  if (path.endsWith("/") || path.endsWith("/.") || path.endsWith("/..")) return false;
  return !path.includes("/./") && !path.includes("/../");
}

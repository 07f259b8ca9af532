import type { Context } from "./context.ts";
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "./fs.ts";
import { dirname, join } from "./path.ts";
import type { Store } from "./paths.ts";
import { EXCERPT_BYTES, SHIM_MARKER } from "./shim-marker.ts";

/**
 * True where an executable is this shim: the very file, a copy, another build or version of it, or a script that
 * runs it from source. Reads 4 KiB at most of each file.
 */
export function isShim(path: string, context: Pick<Context, "executable">): boolean {
  const file = statOf(path);
  if (file === undefined) return false;
  const own = statOf(context.executable);
  if (own !== undefined && isSameFile(file, own)) return true;
  if (realPath(path) === context.executable) return true;
  if (isTwinOfClauth(path, file)) return true;
  const excerpt = readExcerpt(path, file.size);
  if (excerpt.includes(SHIM_MARKER)) return true;
  return own?.size === file.size && excerpt === readExcerpt(context.executable, own.size);
}

/** What the shim's file is called: Windows' shells find a program without its extension, an editor may not. */
export function fileNameOf(name: "claude" | "clauth", platform: NodeJS.Platform): string {
  return platform === "win32" ? `${name}.exe` : name;
}

/** The directory of `claude` and `clauth`. What runs is asked first: it may be installed elsewhere than in the store. */
export function installedIn(
  { executable, platform }: Pick<Context, "executable" | "platform">,
  store: Pick<Store, "bin">,
): string {
  const own = dirname(executable);
  return existsSync(join(own, fileNameOf("claude", platform))) ? own : store.bin;
}

/** In whole numbers: the 64 bits that NTFS numbers its files with, rounded, would make neighbours one file. */
function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function isSameFile(one: Stats, other: Stats): boolean {
  return one.ino !== 0n && one.ino === other.ino && one.dev === other.dev;
}

/** A `clauth` beside it that is the same file: the executable is both, so this is a directory of shims. */
function isTwinOfClauth(path: string, file: Stats): boolean {
  const beside = join(dirname(path), path.toLowerCase().endsWith(".exe") ? "clauth.exe" : "clauth");
  const twin = beside === path ? undefined : statOf(beside);
  return twin !== undefined && isSameFile(twin, file);
}

/** The start of a script, the end of anything else; empty where it can't be read (it may still be executable). */
function readExcerpt(path: string, size: bigint): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const start = readAt(fd, 0);
    if (start.startsWith("#!") || size <= EXCERPT_BYTES) return start;
    return readAt(fd, Number(size) - EXCERPT_BYTES);
  } catch {
    return "";
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A character for each byte, so that equal texts are equal bytes. */
function readAt(fd: number, position: number): string {
  const bytes = new Uint8Array(EXCERPT_BYTES);
  const count = readSync(fd, bytes, 0, EXCERPT_BYTES, position);
  return new TextDecoder("latin1").decode(bytes.subarray(0, count));
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

import { fileGlancedAt, glance, REGULAR_FILE } from "./fs/glance.ts";
import {
  AT_FDCWD,
  answer,
  answerAt,
  CALLS,
  constants,
  ENOENT,
  ENOTDIR,
  errno,
  inC,
  latin1,
  O_CLOEXEC,
  systemCall,
} from "./fs/linux.ts";
import { isPlain } from "./path.ts";
import { EXCERPT_BYTES, SHIM_MARKER } from "./shim-marker.ts";

/**
 * The first `claude` on PATH that is not the shim, where that is plain to see. Undefined where anything stands before it that takes a
 * closer look (`findRealClaude`): what can't be executed or reached, a copy of us without the marker, an odd spelling.
 * @param executable our own
 */
export function firstOnPath(searchPath: string, executable: string): string | undefined {
  const own = glance(executable);
  if (own === undefined) return undefined;
  const ownFile = fileGlancedAt();
  for (const directory of searchPath.split(":")) {
    // The working directory, where nothing may be run from.
    if (!directory.startsWith("/")) continue;
    const path = `${directory}/claude`;
    if (!isPlain(path)) return undefined;
    const found = glance(path);
    if (found === undefined) {
      if (errno() !== ENOENT && errno() !== ENOTDIR) return undefined;
      continue;
    }
    const file = fileGlancedAt();
    if (file === ownFile) continue;
    if (found.kind !== REGULAR_FILE || found.size === own.size) return undefined;
    if (systemCall(CALLS.faccessat, AT_FDCWD, inC(path), constants.X_OK) !== 0) return undefined;
    const isBesideClauth = glance(`${directory}/clauth`) !== undefined && fileGlancedAt() === file;
    const excerpt = isBesideClauth ? SHIM_MARKER : excerptOf(path, found.size);
    if (excerpt === undefined) return undefined;
    if (!excerpt.includes(SHIM_MARKER)) return path;
  }
  return undefined;
}

/** The start of a script, the end of anything else: there stands what tells a shim. Undefined where it can't be read. */
function excerptOf(path: string, size: number): string | undefined {
  const descriptor = systemCall(CALLS.openat, AT_FDCWD, inC(path), constants.O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return undefined;
  let length = systemCall(CALLS.pread64, descriptor, answerAt, EXCERPT_BYTES, 0);
  const isScript = answer[0] === HASH && answer[1] === BANG;
  if (!isScript && size > EXCERPT_BYTES)
    length = systemCall(CALLS.pread64, descriptor, answerAt, EXCERPT_BYTES, size - EXCERPT_BYTES);
  systemCall(CALLS.close, descriptor);
  return length < 0 ? undefined : latin1.decode(answer.subarray(0, length));
}

const HASH = 0x23;
const BANG = 0x21;

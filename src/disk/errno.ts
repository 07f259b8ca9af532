import { ClauthError, errnoOf } from "../errors.ts";

/**
 * Gives a system error its meaning for the user; the raw errno stays in `cause` for CLAUTH_DEBUG.
 * @param what what we were doing, as a verb phrase: "read", "write", "lock"
 * @param path the file or directory that it was done to
 */
export function domainError(cause: unknown, what: string, path: string): ClauthError {
  if (cause instanceof ClauthError) return cause;
  const meaning = meaningOf(errnoOf(cause));
  return new ClauthError({
    kind: meaning.kind,
    message: `can't ${what} ${path}: ${meaning.because}`,
    hint: meaning.hint,
    path,
    retrySafe: meaning.retrySafe ?? false,
    cause,
  });
}

/** What stops a write or a removal whose target is no longer what was judged. */
export function concurrentModification(path: string): ClauthError {
  return new ClauthError({
    kind: "concurrent_modification",
    message: `${path} was changed by another program meanwhile`,
    hint: "try again",
    path,
    retrySafe: true,
  });
}

type Meaning = {
  readonly kind: string;
  readonly because: string;
  readonly hint: string;
  readonly retrySafe?: boolean;
};

/** Made when there is an error to say: no start that goes well needs any of it. */
function meaningOf(errno: string | undefined): Meaning {
  switch (errno) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return {
        kind: "store_full",
        because: "the disk or the quota is full",
        hint: "free some space, then try again; nothing was changed",
      };
    case "EROFS":
      return {
        kind: "store_read_only",
        because: "the file system is read-only",
        hint: "mount it writable, or set CLAUTH_HOME",
      };
    case "EACCES":
    case "EPERM":
      return {
        kind: "store_denied",
        because: "permission denied",
        hint: `check its owner and mode with \`${OWNER}\`, and those of the directories above it`,
      };
    case "EBUSY":
    case "EMFILE":
    case "ENFILE":
    case "EAGAIN":
    case "ENOMEM":
    case "ETXTBSY":
      return {
        kind: "store_busy",
        because: "the system is short of files or the file is in use",
        hint: "try again in a moment",
        retrySafe: true,
      };
    case "ESTALE":
    case "ENOENT":
    case "EEXIST":
      return {
        kind: "concurrent_modification",
        because: "it was removed or replaced meanwhile",
        hint: "try again",
        retrySafe: true,
      };
    case "ENOTDIR":
    case "EISDIR":
    case "ENXIO":
    case "ENODEV":
      return {
        kind: "not_a_file",
        because: "something else stands there: a directory, a device, or a file where a directory should be",
        hint: MOVE_IT_AWAY,
      };
    case "ELOOP":
      return {
        kind: "link_loop",
        because: "its symbolic links lead in a circle",
        hint: `look at it with \`${KIND}\` and mend the link`,
      };
    case "ENAMETOOLONG":
      return {
        kind: "path_too_long",
        because: "the path is too long",
        hint: "set CLAUTH_HOME to a shorter path",
      };
    default:
      return {
        kind: "store_failed",
        because: "the file system refused",
        hint: "run `clauth doctor`; CLAUTH_DEBUG=1 shows the cause",
      };
  }
}

/** The programs that show whose a file is, and what it is: for hints. */
const OWNER = process.platform === "win32" ? "Get-Acl" : "ls -ld";
const KIND = process.platform === "win32" ? "Get-Item -Force" : "ls -ld";

export const MOVE_IT_AWAY = `look at it with \`${KIND}\`, move it away, then try again`;

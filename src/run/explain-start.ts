import { ClauthError, errnoOf } from "../errors.ts";
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "../fs.ts";

/** Tells why the kernel refused to start `path`, in the exit codes of coreutils: 127 not there, 126 not runnable. */
export function explainStart(path: string): ClauthError {
  const reason = complaintAbout(path);
  const missing = reason === MISSING;
  return new ClauthError({
    kind: missing ? "claude_not_found" : "claude_not_runnable",
    message: `can't start ${path}: it ${reason}`,
    hint: 'reinstall Claude Code, or name another one by CLAUTH_CLAUDE or by `claude = "..."` in clauth.toml',
    path,
    exitCode: missing ? 127 : 126,
  });
}

const MISSING = "is gone";

function complaintAbout(path: string): string {
  try {
    if (!statSync(path).isFile()) return "is not a file";
    accessSync(path, constants.X_OK);
    return startsLikeProgram(path)
      ? "could not be started: its interpreter is missing, or the arguments and the environment are too long"
      : "is neither a program nor a script with a #! line";
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? MISSING : "is not executable for this user";
  }
}

function startsLikeProgram(path: string): boolean {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    const head = new Uint8Array(4);
    readSync(descriptor, head, 0, 4, 0);
    const text = String.fromCharCode(...head);
    return text.startsWith("#!") || text === "\x7fELF" || text.startsWith("MZ");
  } finally {
    closeSync(descriptor);
  }
}

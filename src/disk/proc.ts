import { AT_FDCWD, answer, answerAt, CALLS, inC, latin1Of, O_CLOEXEC, systemCall } from "../fs/linux.ts";

/**
 * The text of a file of /proc, a character for each byte; empty where it says nothing: macOS has no such directory, a container may hide
 * it, and on Windows the path names a directory of the current drive that any user can make.
 */
export function procText(path: `/proc/${string}`): string {
  const descriptor = systemCall(CALLS.openat, AT_FDCWD, inC(path), O_CLOEXEC);
  if (descriptor < 0) return "";
  const next = () => systemCall(CALLS.read, descriptor, answerAt, answer.length);
  let text = "";
  for (let count = next(); count > 0; count = next()) text += latin1Of(answer.subarray(0, count));
  systemCall(CALLS.close, descriptor);
  return text;
}

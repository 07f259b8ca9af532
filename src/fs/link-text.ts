import { AT_FDCWD, answer, answerAt, CALLS, inC, latin1, systemCall } from "./linux.ts";

/** The text of a link of Linux' own file systems; undefined where there is none, and on other systems. */
export function linkText(path: `/proc/${string}`): string | undefined {
  const length = systemCall(CALLS.readlinkat, AT_FDCWD, inC(path), answerAt, answer.length);
  return length < 0 ? undefined : latin1.decode(answer.subarray(0, length));
}

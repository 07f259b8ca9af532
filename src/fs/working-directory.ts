import { answer, answerAt, CALLS, systemCall, utf8 } from "./linux.ts";

/**
 * The working directory as the kernel has it: no link is in it, and bytes that are not UTF-8 became U+FFFD. Empty where it is gone or
 * out of our root, and on other systems.
 */
export function kernelsWorkingDirectory(): string {
  const length = systemCall(CALLS.getcwd, answerAt, answer.length);
  const path = length < 1 ? "" : utf8.decode(answer.subarray(0, length - 1));
  return path.startsWith("/") ? path : "";
}

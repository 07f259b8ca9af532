import { domainError } from "./errno.ts";

/**
 * Runs system calls of `body`, whose failure comes out with its meaning for the user: "can't WHAT PATH: why, and the cure".
 * @throws ClauthError as `domainError`
 */
export function attempt<T>(what: string, path: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    throw domainError(cause, what, path);
  }
}

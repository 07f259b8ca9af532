import type { Environment } from "./context.ts";
import { enclosingClaude, GUARD } from "./enclosing-claude.ts";
import { ClauthError } from "./errors.ts";

/**
 * Counts the starts of the shim without a real claude in between, so that a wrapper which calls the shim again ends
 * in an error, while claudes that start claudes may nest as deep as they like: each gives its children another id. What the
 * caller named is no find of ours that could lead back here, so it begins anew: Claude Code starts the daemon of its
 * background agents, its hosts and the agents through `CLAUDE_CODE_PROCESS_WRAPPER`, one below the other and without an id.
 * @returns the value of `CLAUTH_GUARD` for the child.
 * @throws ClauthError `recursion` at the fourth start in a row.
 */
export function checkRecursion(
  env: Environment,
  { wasNamed }: { readonly wasNamed: boolean },
): { readonly next: string } {
  const enclosingId = enclosingClaude(env);
  const starts = wasNamed ? 0 : startsIn(env[GUARD], enclosingId);
  if (starts < MOST_STARTS) return { next: `${starts + 1}:${enclosingId}` };
  throw new ClauthError({
    kind: "recursion",
    message: `the shim was started ${starts} times in a row and never reached the real claude`,
    hint: "what it takes for the real claude calls the shim again: set CLAUTH_CLAUDE=/path/to/the/real/claude",
  });
}

const MOST_STARTS = 3;

function startsIn(guard: string | undefined, enclosingId: string): number {
  const separator = guard?.indexOf(":") ?? -1;
  if (guard === undefined || separator === -1 || guard.slice(separator + 1) !== enclosingId) return 0;
  const starts = Number(guard.slice(0, separator));
  return Number.isSafeInteger(starts) && starts > 0 ? starts : 0;
}

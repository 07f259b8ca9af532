import type { Environment } from "./context.ts";

/** Given to every claude that the shim starts: `<starts>:<id of the claude around them>`. */
export const GUARD = "CLAUTH_GUARD";

/**
 * What tells one enclosing claude from another. Claude Code 2.1.329 gives its children CLAUDE_PID and
 * CLAUDE_CODE_SESSION_ID, 2.1.197 only the latter (seen in hooks, MCP servers and Bash); empty outside of any.
 */
export function enclosingClaude(env: Environment): string {
  return `${env["CLAUDE_PID"] ?? ""}/${env["CLAUDE_CODE_SESSION_ID"] ?? ""}`;
}

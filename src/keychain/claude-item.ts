import { userInfo } from "node:os";
import type { Environment } from "../context.ts";

/**
 * The names that Claude Code gives to the item of a login (2.1.197 and 2.1.329, read in their code).
 * @param configDirectory CLAUDE_CONFIG_DIR to the letter: another spelling of the same directory names another item
 */
export function claudeItemNames(
  configDirectory: string,
  env: Environment,
): { readonly service: string; readonly account: string } {
  const digest = new Bun.CryptoHasher("sha256").update(configDirectory.normalize("NFC")).digest("hex");
  return { service: `Claude Code-credentials-${digest.slice(0, 8)}`, account: accountName(env) };
}

function accountName(env: Environment): string {
  const name = env["USER"] || loginName();
  return /^[a-zA-Z0-9._-]+$/.test(name) ? name : "claude-code-user";
}

/** Empty for a user without an entry. */
function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

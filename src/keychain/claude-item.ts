import { userInfo } from "node:os";
import type { Environment } from "../context.ts";

/**
 * The names that Claude Code gives to the item of a login (2.1.197 and 2.1.329, read in their code).
 * @param configDirectory CLAUDE_CONFIG_DIR to the letter: another spelling of the same directory names another item.
 * Undefined where it is not set: even `~/.claude`, when set, names another one
 */
export function claudeItemNames(
  configDirectory: string | undefined,
  env: Environment,
): { readonly service: string; readonly account: string } {
  const suffix = configDirectory === undefined ? "" : `-${digestOf(configDirectory).slice(0, 8)}`;
  return { service: `Claude Code-credentials${suffix}`, account: accountName(env) };
}

function digestOf(configDirectory: string): string {
  return new Bun.CryptoHasher("sha256").update(configDirectory.normalize("NFC")).digest("hex");
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

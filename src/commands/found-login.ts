import { join } from "node:path";
import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { type CredentialsJudgement, judgeCredentials } from "../merge/judge-credentials.ts";
import { claudeHomeOf } from "../paths.ts";
import type { Places } from "../reconcile/places.ts";

type Asking = Pick<Context, "env" | "home" | "platform">;

/**
 * The login that Claude Code finds in a config directory: on macOS in the Keychain before the file.
 * @param configDirectory as CLAUDE_CONFIG_DIR spells it; undefined for `~/.claude`
 * @returns undefined where there is none, or none that can be read
 */
export async function loginFound(
  context: Asking,
  configDirectory: string | undefined,
): Promise<CredentialsJudgement | undefined> {
  const item = await inKeychain(context, configDirectory);
  if (item?.login) return item;
  const file =
    configDirectory === undefined
      ? claudeHomeOf(context.home).credentials
      : join(configDirectory, ".credentials.json");
  return loginIn(file);
}

/** The login of a profile with a tree of its own; what its tree got while no shim was there to carry it counts too. */
export async function loginOfProfile(
  context: Asking,
  { paths, treeCredentials }: Places,
): Promise<CredentialsJudgement | undefined> {
  return loginIn(paths.credentials) ?? (await inKeychain(context, paths.runtime)) ?? loginIn(treeCredentials);
}

/** The login in a credentials file; undefined where there is no file, or none in it. */
export function loginIn(path: string): CredentialsJudgement | undefined {
  const file = readRegularFile(path, { maxBytes: 1024 * 1024 });
  const judged = file && judgeCredentials(file.bytes);
  return judged?.login ? judged : undefined;
}

async function inKeychain(
  { env, platform }: Asking,
  configDirectory: string | undefined,
): Promise<CredentialsJudgement | undefined> {
  if (platform !== "darwin") return undefined;
  const { keychainLoginOf } = await import("../reconcile/keychain-login.ts");
  const value = keychainLoginOf(configDirectory, env);
  const judged = value && judgeCredentials(value);
  return judged?.login ? judged : undefined;
}

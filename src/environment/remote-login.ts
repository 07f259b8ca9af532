import type { Context } from "../context.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { identityVariable } from "../identity-keys.ts";
import { join } from "../path.ts";
import type { ProfileConfig } from "../profile/profile-config.ts";
import { movingAside } from "../shell-line.ts";

/**
 * Stops a start where a login lies in the files that Claude Code keeps for its own remote containers: it reads them by their
 * absolute paths on any machine, whoever owns them, and prefers them to the login of its config directory without any
 * variable being set. (Seen on 2.1.197 and 2.1.329; an `apiKeyHelper`, ANTHROPIC_AUTH_TOKEN and another provider win over
 * them, and `.session_ingress_token` beside them has no effect.)
 * @param directory where they lie
 * @throws ClauthError `remote_login_wins`
 */
export function refuseRemoteLogin(
  context: Pick<Context, "env">,
  profile: Pick<ProfileConfig, "apiKey" | "env" | "keepEnv">,
  directory = "/home/claude/.claude/remote",
): void {
  if (profile.apiKey !== undefined || isMissing(directory)) return;
  const decided = variablesThatCount(context, profile);
  if (decided.some((name) => identityVariable(name)?.why === "switches to another provider")) return;
  for (const { file, standsFor, losesTo } of REMOTE_LOGINS) {
    if (profile.keepEnv.includes(standsFor) || decided.some((name) => losesTo.includes(name))) continue;
    const path = join(directory, file);
    if (holdsSomething(path)) throw refused(path, standsFor);
  }
}

/** ANTHROPIC_API_KEY is missing here: it loses to both until the user has approved it at Claude's prompt. */
const REMOTE_LOGINS: readonly { file: string; standsFor: string; losesTo: readonly string[] }[] = [
  {
    file: ".oauth_token",
    standsFor: "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
    losesTo: ["ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
  },
  {
    file: ".api_key",
    standsFor: "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
    losesTo: ["ANTHROPIC_AUTH_TOKEN"],
  },
];

/** On most machines: then nothing has to be judged. What can't be looked at may be there. */
function isMissing(directory: string): boolean {
  try {
    return disk.statIfThere(directory) === undefined;
  } catch {
    return false;
  }
}

/** The names that the profile sets by [env], and those of keep_env that are there to be kept. */
function variablesThatCount(
  { env }: Pick<Context, "env">,
  profile: Pick<ProfileConfig, "env" | "keepEnv">,
): readonly string[] {
  const set = profile.env.filter(([, value]) => value !== "").map(([name]) => name);
  return [...set, ...profile.keepEnv.filter((name) => env[name])];
}

/** Blank files are passed over by Claude Code, and it can't read either what this user can't. */
function holdsSomething(path: string): boolean {
  try {
    const content = readRegularFile(path, { maxBytes: 64 * 1024 });
    return content !== undefined && new TextDecoder().decode(content.bytes).trim() !== "";
  } catch (error) {
    return !(error instanceof ClauthError && error.kind === "store_denied");
  }
}

function refused(path: string, standsFor: string): ClauthError {
  return new ClauthError({
    kind: "remote_login_wins",
    message: `${path} holds a login of a remote container, which Claude Code prefers to the profile's login`,
    hint: `${movingAside(path, ".off")}; or, to use that login, in the profile's config.toml: keep_env = ["${standsFor}"]`,
    path,
  });
}

import { describe, setDefaultTimeout, test } from "bun:test";
import { CLAUDE_VERSIONS, installClaude } from "./claude-install.ts";
import { noPrivateNetwork, openPrivateNetwork, type PrivateNetwork } from "./private-network.ts";
import { endAllOf } from "./processes.ts";
import { createSandbox, type Sandbox, type SandboxOptions } from "./sandbox.ts";

/** A sandbox whose claude is a real Claude Code and whose every command runs where only the mock can be reached. */
export type Lab = Sandbox & { readonly network: PrivateNetwork } & AsyncDisposable;

export type OpenLab = (options?: SandboxOptions) => Promise<Lab>;

/**
 * Describes what holds for each version of Claude Code. Where there is no private network, or a version can't be
 * installed, one skipped test names the reason.
 */
export function describeClaude(
  title: string,
  body: (openLab: OpenLab, version: string) => void,
  versions: readonly string[] = CLAUDE_VERSIONS,
): void {
  // The real Claude takes about a second a run, and a busy machine several.
  setDefaultTimeout(90_000);
  for (const version of versions) {
    const reason = noPrivateNetwork ?? installFailure(version);
    const name = `${title} (Claude Code ${version})`;
    if (reason === undefined) {
      describe(name, () => body((options) => openLab(version, options), version));
      continue;
    }
    console.log(`skipped: ${name}: ${reason}`);
    test.skip(`${name}: skipped: ${reason}`, () => {});
  }
}

async function openLab(version: string, options: SandboxOptions = {}): Promise<Lab> {
  const network = await openPrivateNetwork();
  const sandbox = createSandbox({
    claude: installClaude(version).path,
    inside: network.inside,
    ...options,
    env: { ...network.env, ...options.env },
  });
  return {
    ...sandbox,
    network,
    [Symbol.asyncDispose]: async () => {
      endAllOf(sandbox.home);
      await network.close();
      sandbox.close();
    },
  };
}

function installFailure(version: string): string | undefined {
  try {
    installClaude(version);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The real `claude auth login` in a profile, without a browser: only a login writes `oauthAccount` for sure. */
export function logIn(lab: Lab, profile: string, account: string) {
  return lab.run(["claude", "auth", "login"], {
    env: {
      CLAUTH_PROFILE: profile,
      CLAUDE_CODE_OAUTH_REFRESH_TOKEN: `sk-ant-ort01-fake${account}`,
      CLAUDE_CODE_OAUTH_SCOPES: "user:inference user:profile",
    },
  });
}

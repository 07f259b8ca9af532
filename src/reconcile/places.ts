import type { Context } from "../context.ts";
import { existsSync } from "../fs.ts";
import { prefixOf } from "../path.ts";
import { type ClaudeHome, claudeHomeOf, type ProfilePaths, profilePathsOf, type Store } from "../paths.ts";
import type { ProfileName } from "../profile-name.ts";
import type { LinkMode } from "../tree/forced-mode.ts";
import type { LookAtTree } from "./tree-login.ts";

/** Both sides of everything that is reconciled for one profile: claude home and the runtime tree, and the base between. */
export type Places = {
  readonly profile: ProfileName;
  readonly paths: ProfilePaths;
  readonly claude: ClaudeHome;
  /** `~/.claude.json`, or the legacy `~/.claude/.config.json` that Claude Code prefers where it stands. */
  readonly homeJson: string;
  readonly treeJson: string;
  readonly treeSettings: string;
  readonly treeCredentials: string;
  /** A random token that stands in the tree and in the base: a tree made anew or restored from a backup has another. */
  readonly treeToken: string;
  /** What the tree has in the place of symlinks, where it is known: that takes a look at the manifest. */
  readonly mode?: LinkMode;
  /** Where the tree's login is found; undefined for the file that Claude Code uses on all systems but macOS. */
  readonly lookAtTree?: LookAtTree;
  /** The login of `~/.claude` where it is not in its file; the function finds none where it can't be read. */
  readonly homeLogin?: () => Uint8Array | undefined;
};

/** The same for whoever reads or moves a login: on macOS it is found in the Keychain. */
export async function placesWithLogin(
  context: Pick<Context, "env" | "home" | "platform">,
  store: Store,
  profile: ProfileName,
): Promise<Places> {
  const places = placesOf(context.home, store, profile);
  if (context.platform !== "darwin") return places;
  const { homeKeychainLogin, keychainLogin } = await import("./keychain-login.ts");
  return {
    ...places,
    lookAtTree: keychainLogin(context.env),
    homeLogin: () => homeKeychainLogin(context.env),
  };
}

export function placesOf(home: string, store: Store, profile: ProfileName): Places {
  const paths = profilePathsOf(store, profile);
  const claude = claudeHomeOf(home);
  const inTree = prefixOf(paths.runtime);
  return {
    profile,
    paths,
    claude,
    homeJson: existsSync(claude.legacyJson) ? claude.legacyJson : claude.json,
    treeJson: `${inTree}.claude.json`,
    treeSettings: `${inTree}settings.json`,
    treeCredentials: `${inTree}.credentials.json`,
    treeToken: `${inTree}.clauth-tree`,
  };
}

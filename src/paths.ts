import type { Context } from "./context.ts";
import { ClauthError } from "./errors.ts";
import { realpathSync } from "./fs.ts";
import { isAbsolute, join } from "./path.ts";
import type { ProfileName } from "./profile-name.ts";

/** Every file and directory of our own store (`$CLAUTH_HOME`, default `~/.clauth`), declared once. */
export type Store = {
  readonly root: string;
  /** Our own configuration: default, rules, policy. Edited by hand too. */
  readonly config: string;
  /** The list of profiles, in the layout of the Rust clauth. */
  readonly profileList: string;
  /** State lock: flock(2), short critical sections. */
  readonly lock: string;
  readonly bin: string;
  readonly log: string;
  readonly profiles: string;
  /** The newer Rust tool's rotation locks, `<name>.lock` each. */
  readonly rotationLocks: string;
  /** Profiles that `clauth remove` took away, as `<UTC time>-<name>`: a login is never deleted. */
  readonly removed: string;
  /** Records of `clauth allow` and of the files that were announced once. */
  readonly trust: string;
};

/** Everything below `profiles/<name>/`. */
export type ProfilePaths = {
  readonly root: string;
  readonly config: string;
  /** Canonical credentials: the profile's one token chain. */
  readonly credentials: string;
  /** A rotation that the Rust tool staged and did not finish. */
  readonly pendingCredentials: string;
  /** The account-scoped part of `.claude.json`. */
  readonly account: string;
  readonly base: string;
  /** What the copies in a tree are known by, where it has any. */
  readonly mirrorIndex: string;
  /** Quarantine. */
  readonly backups: string;
  readonly conflicts: string;
  /** The runtime tree: CLAUDE_CONFIG_DIR of every session of the profile. */
  readonly runtime: string;
  readonly sessions: string;
  readonly rotationLock: string;
  readonly newRotationLock: string;
  readonly reconcileLock: string;
};

/** What Claude Code itself reads when CLAUDE_CONFIG_DIR is not set: the state that all profiles share. */
export type ClaudeHome = {
  /** `~/.claude` */
  readonly root: string;
  /** `~/.claude.json`, beside the directory and not in it; a legacy `~/.claude/.config.json` is preferred where it stands. */
  readonly json: string;
  readonly legacyJson: string;
  readonly settings: string;
  readonly credentials: string;
};

/**
 * The store, in its one canonical spelling: Claude Code's daemon and the macOS keychain are keyed by the text of
 * CLAUDE_CONFIG_DIR.
 * @throws ClauthError `store_path_relative` where `$CLAUTH_HOME` is not absolute.
 */
export function storeOf(context: Pick<Context, "env" | "home">): Store {
  const spelled = context.env["CLAUTH_HOME"] || join(context.home, ".clauth");
  if (!isAbsolute(spelled)) {
    throw new ClauthError({
      kind: "store_path_relative",
      message: `CLAUTH_HOME is not an absolute path: ${JSON.stringify(spelled)}`,
      hint: "set CLAUTH_HOME to an absolute path, or unset it to use ~/.clauth",
    });
  }
  const root = canonical(spelled);
  return {
    root,
    config: join(root, "clauth.toml"),
    profileList: join(root, "profiles.toml"),
    lock: join(root, ".lock"),
    bin: join(root, "bin"),
    log: join(root, "log", "clauth.log"),
    profiles: join(root, "profiles"),
    rotationLocks: join(root, "rotation-locks"),
    removed: join(root, "removed"),
    trust: join(root, "trust.json"),
  };
}

function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export const MIRROR_INDEX = "mirror.sqlite";

export function profilePathsOf(store: Store, name: ProfileName): ProfilePaths {
  const root = join(store.profiles, name);
  return {
    root,
    config: join(root, "config.toml"),
    credentials: join(root, "credentials.json"),
    pendingCredentials: join(root, "credentials.json.pending"),
    account: join(root, "account.json"),
    base: join(root, "base"),
    mirrorIndex: join(root, "base", MIRROR_INDEX),
    backups: join(root, "backups"),
    conflicts: join(root, "backups", "conflicts.jsonl"),
    runtime: join(root, "runtime"),
    sessions: join(root, "sessions"),
    rotationLock: join(root, "rotation.lock"),
    newRotationLock: join(store.rotationLocks, `${name}.lock`),
    reconcileLock: join(root, "reconcile.lock"),
  };
}

export function claudeHomeOf(home: string): ClaudeHome {
  const root = join(home, ".claude");
  return {
    root,
    json: join(home, ".claude.json"),
    legacyJson: join(root, ".config.json"),
    settings: join(root, "settings.json"),
    credentials: join(root, ".credentials.json"),
  };
}

import type { Context } from "./context.ts";
import { ClauthError } from "./errors.ts";
import { NOT_UTF8 } from "./fs/linux.ts";
import { realpathSync } from "./fs.ts";
import { isAbsolute, join, prefixOf, resolve, sep } from "./path.ts";
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
  const at = prefixOf(root);
  return {
    root,
    config: `${at}clauth.toml`,
    profileList: `${at}profiles.toml`,
    lock: `${at}.lock`,
    bin: `${at}bin`,
    log: `${at}log${sep}clauth.log`,
    profiles: `${at}profiles`,
    rotationLocks: `${at}rotation-locks`,
    removed: `${at}removed`,
    trust: `${at}trust.json`,
  };
}

function canonical(path: string): string {
  try {
    const real = realpathSync(path);
    // Bytes on the way that are not UTF-8 became another name here, at which no store is; by its link it is reached.
    if (!real.includes(NOT_UTF8)) return real;
  } catch {}
  return resolve(path);
}

export const MIRROR_INDEX = "mirror.sqlite";

export function profilePathsOf(store: Store, name: ProfileName): ProfilePaths {
  const root = join(store.profiles, name);
  const at = prefixOf(root);
  return {
    root,
    config: `${at}config.toml`,
    credentials: `${at}credentials.json`,
    pendingCredentials: `${at}credentials.json.pending`,
    account: `${at}account.json`,
    base: `${at}base`,
    mirrorIndex: `${at}base${sep}${MIRROR_INDEX}`,
    backups: `${at}backups`,
    conflicts: `${at}backups${sep}conflicts.jsonl`,
    runtime: `${at}runtime`,
    sessions: `${at}sessions`,
    rotationLock: `${at}rotation.lock`,
    newRotationLock: `${prefixOf(store.rotationLocks)}${name}.lock`,
    reconcileLock: `${at}reconcile.lock`,
  };
}

export function claudeHomeOf(home: string): ClaudeHome {
  const root = join(home, ".claude");
  const at = prefixOf(root);
  return {
    root,
    json: join(home, ".claude.json"),
    legacyJson: `${at}.config.json`,
    settings: `${at}settings.json`,
    credentials: `${at}.credentials.json`,
  };
}

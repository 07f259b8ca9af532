import { dirname, join } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { equalBytes } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { oauthRefreshLock, siblingLock, storageWriteLock, withClaudeLocks } from "../lock/claude-locks.ts";
import { accountPart } from "../merge/claude-json.ts";
import { claudeHomeOf, type Store } from "../paths.ts";
import { createProfile } from "../profile/create-profile.ts";
import type { ProfileName } from "../profile-name.ts";
import { rememberAccount } from "../reconcile/account.ts";
import { placesOf } from "../reconcile/places.ts";
import { othersMayWriteHome } from "../session/alone.ts";
import { daemonLives } from "../session/daemon.ts";
import { refreshTokenOf, tokenHolders } from "../session/token-holders.ts";
import { type ConfigDirectory, STAGED_LOGIN } from "./config-directory.ts";

/**
 * Moves the login of a config directory into a new profile. Under Claude's own locks it is first renamed in its own directory,
 * where claude no longer reads it: whenever this is killed, at most one directory holds the token, and calling it again ends it.
 * @param others more config directories, in which the same token must not stand
 * @throws ClauthError `import_no_login`, `import_is_link`, `import_in_use`, `shared_chain`, `store_busy` (retry-safe), and those
 * of `createProfile`
 */
export async function moveLogin(
  context: { readonly home: string },
  store: Store,
  name: ProfileName,
  directory: ConfigDirectory,
  others: readonly string[],
): Promise<void> {
  const { login, path } = directory;
  if (login.kind === "link") throw isLink(name, directory.path, login.target);
  if (login.kind === "none") throw noLogin(name, directory);
  refuseRunning(context.home, path);
  const holder = holderElsewhere(context.home, store, directory.path, login.content, others);
  if (holder !== undefined) throw isHeld(name, holder);

  const staged = join(path, STAGED_LOGIN);
  await stage(login.path, staged, login.content);
  checkpoint("import:staged");
  try {
    createProfile(store, name, {}, login.content.bytes);
  } catch (error) {
    giveBack(staged, join(path, ".credentials.json"));
    throw error;
  }
  checkpoint("import:created");
  rememberAccount(placesOf(context.home, store, name), accountPart(directory.document));
  removeFile(staged);
}

/** A claude that runs there has the token in memory, and would write it again after its next refresh. */
function refuseRunning(home: string, directory: string): void {
  const claude = { ...claudeHomeOf(home), root: directory };
  if (!othersMayWriteHome({ claude }) && !daemonLives({ runtime: directory })) return;
  throw new ClauthError({
    kind: "import_in_use",
    message: `claude runs with ${directory}: its login can't be moved now`,
    hint: "end it, then try again",
    path: directory,
  });
}

type Holder = { readonly path: string; readonly cure: (name: ProfileName) => string };

function holderElsewhere(
  home: string,
  store: Store,
  own: string,
  login: FileContent,
  others: readonly string[],
): Holder | undefined {
  const token = refreshTokenOf(login.bytes);
  if (token === undefined) return undefined;
  const known = tokenHolders(home, store).find((holder) => holder.token === token);
  if (known?.owner === claudeHomeOf(home).root)
    return { path: known.path, cure: (name) => `clauth add ${name} --home, or clauth add ${name} --login` };
  if (known !== undefined)
    return { path: known.path, cure: (name) => `use that profile, or: clauth rename ${known.owner} ${name}` };
  const path = others
    .filter((directory) => directory !== own)
    .map((directory) => join(directory, ".credentials.json"))
    .find((candidate) => refreshTokenOf(readRegularFile(candidate)?.bytes) === token);
  return path === undefined ? undefined : { path, cure: () => `keep one of them: mv ${path} ${path}.old` };
}

function isHeld(name: ProfileName, { path, cure }: Holder): ClauthError {
  return new ClauthError({
    kind: "shared_chain",
    message: `${path} holds this very login too: a refresh in one place would end it in the other`,
    hint: cure(name),
    path,
  });
}

async function stage(from: string, staged: string, expected: FileContent): Promise<void> {
  if (from === staged) return;
  const directory = dirname(staged);
  const locks = [storageWriteLock(directory), oauthRefreshLock(directory), siblingLock(directory)];
  await withClaudeLocks(locks, (assertHeld) => {
    const now = readRegularFile(from);
    if (now === undefined || !equalBytes(now.bytes, expected.bytes)) throw changed(from);
    assertHeld();
    attempt("move", from, () => disk.rename(from, staged));
  });
}

/** Only where nothing has been written there meanwhile; else it waits where it is for the next try. */
function giveBack(staged: string, original: string): void {
  if (disk.lstatIfThere(original) !== undefined) return;
  attempt("move", staged, () => disk.rename(staged, original));
}

function changed(path: string): ClauthError {
  return new ClauthError({
    kind: "concurrent_modification",
    message: `${path} changed while it was read`,
    hint: "try again",
    path,
    retrySafe: true,
  });
}

function isLink(name: ProfileName, directory: string, target: string): ClauthError {
  return new ClauthError({
    kind: "import_is_link",
    message: `the login of ${directory} is a link to ${target}: it is that directory's`,
    hint: `import the directory that holds it, or: clauth add ${name} --login`,
    path: directory,
  });
}

function noLogin(name: ProfileName, { path, identitySettings }: ConfigDirectory): ClauthError {
  const byKey = identitySettings.length > 0;
  return new ClauthError({
    kind: "import_no_login",
    message: byKey
      ? `${path} has no login: its settings.json decides by ${identitySettings.join(", ")}, and keys are not copied`
      : `${path} has no login of Claude Code`,
    hint: byKey
      ? `clauth add ${name} --api-key, with --base-url URL for another server`
      : `clauth add ${name} --login`,
    path,
  });
}

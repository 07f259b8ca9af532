import { dirname, join } from "node:path";
import { checkpoint } from "../checkpoint.ts";
import type { Context } from "../context.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { readItem, removeItem } from "../keychain/item.ts";
import { oauthRefreshLock, siblingLock, storageWriteLock, withClaudeLocks } from "../lock/claude-locks.ts";
import { accountPart } from "../merge/claude-json.ts";
import { claudeHomeOf, type Store } from "../paths.ts";
import { createProfile } from "../profile/create-profile.ts";
import type { ProfileName } from "../profile-name.ts";
import { rememberAccount } from "../reconcile/account.ts";
import { placesOf } from "../reconcile/places.ts";
import { othersMayWriteHome } from "../session/alone.ts";
import { daemonLives } from "../session/daemon.ts";
import { allTokenHolders, refreshTokenOf, type TokenHolder, tokenIn } from "../session/token-holders.ts";
import { movingAside } from "../shell-line.ts";
import { type ConfigDirectory, STAGED_LOGIN } from "./config-directory.ts";

/**
 * Moves the login of a config directory into a new profile. Under Claude's own locks it is first renamed in its own directory,
 * where claude no longer reads it: whenever this is killed, at most one directory holds the token, and calling it again ends it.
 * @param others more config directories, in which the same token must not stand
 * @throws ClauthError `import_no_login`, `import_is_link`, `import_in_use`, `shared_chain`, `store_busy` (retry-safe), and those
 * of `createProfile`
 */
export async function moveLogin(
  context: Pick<Context, "env" | "home" | "platform">,
  store: Store,
  name: ProfileName,
  directory: ConfigDirectory,
  others: readonly string[],
): Promise<void> {
  const { login, path } = directory;
  if (login.kind === "link") throw isLink(name, directory.path, login.target);
  if (login.kind === "none") throw noLogin(name, directory);
  refuseRunning(context.home, path);
  const known = await allTokenHolders(context, store);
  const holder = holderElsewhere(context.home, known, directory, others);
  if (holder !== undefined) throw isHeld(name, holder);

  const staged = join(path, STAGED_LOGIN);
  await stage(login, staged);
  checkpoint("import:staged");
  try {
    createProfile(store, name, {}, login.bytes);
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
  holders: readonly TokenHolder[],
  { login, path: own }: ConfigDirectory,
  others: readonly string[],
): Holder | undefined {
  const token = "bytes" in login ? refreshTokenOf(login.bytes) : undefined;
  if (token === undefined) return undefined;
  const known = holders.find((holder) => holder.token === token);
  if (known?.owner === claudeHomeOf(home).root)
    return { path: known.path, cure: (name) => `clauth add ${name} --home, or clauth add ${name} --login` };
  if (known !== undefined)
    return { path: known.path, cure: (name) => `use that profile, or: clauth rename ${known.owner} ${name}` };
  const path = others
    .filter((directory) => directory !== own)
    .map((directory) => join(directory, ".credentials.json"))
    .find((candidate) => tokenIn(candidate) === token);
  return path === undefined
    ? undefined
    : { path, cure: () => `keep one of them: ${movingAside(path, ".old")}` };
}

function isHeld(name: ProfileName, { path, cure }: Holder): ClauthError {
  return new ClauthError({
    kind: "shared_chain",
    message: `${path} holds this very login too: a refresh in one place would end it in the other`,
    hint: cure(name),
    path,
  });
}

async function stage(login: MovableLogin, staged: string): Promise<void> {
  if (login.kind === "file" && login.path === staged) return;
  const directory = dirname(staged);
  const locks = [storageWriteLock(directory), oauthRefreshLock(directory), siblingLock(directory)];
  await withClaudeLocks(locks, (assertHeld) => {
    refuseChanged(login);
    assertHeld();
    if (login.kind === "file") attempt("move", login.path, () => disk.rename(login.path, staged));
    else stageItem(login, staged);
  });
}

type MovableLogin = Extract<ConfigDirectory["login"], { readonly bytes: Uint8Array }>;

/** A file beside the item is older, and would be read once the item is gone. */
function stageItem({ item, bytes }: Extract<MovableLogin, { kind: "item" }>, staged: string): void {
  writeFileAtomic(staged, bytes, { mode: 0o600, sync: true });
  const file = join(dirname(staged), ".credentials.json");
  if (disk.lstatIfThere(file) !== undefined) attempt("move", file, () => disk.rename(file, `${file}.unused`));
  checkpoint("import:item-copied");
  removeItem(item);
}

function refuseChanged(login: MovableLogin): void {
  const now = login.kind === "file" ? readRegularFile(login.path)?.bytes : readItem(login.item);
  if (now !== undefined && equalBytes(now, login.bytes)) return;
  throw changed(login.kind === "file" ? login.path : `the Keychain's item "${login.item.service}"`);
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

import type { Context } from "../context.ts";
import { ensureDirectory } from "../disk/directory.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { equalBytes } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { withStateLock } from "../lock/store-lock.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { profileExists, profileWithDirectory } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { placesOf } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { exitAs } from "../run/exit.ts";
import { runClaude } from "../shim.ts";
import { accountOf } from "./account.ts";
import { PROFILE } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { writableProfile, writableStore } from "./store.ts";

/** `clauth login`: Claude Code's own login, in a session of the profile. */
export function login(context: Context): Command {
  return command({
    name: "login",
    summary: "log a profile in, by claude auth login",
    args: { name: PROFILE },
    rest: "OPTIONS OF claude auth login",
    examples: [
      ["clauth login work", "in the browser"],
      ["clauth login work -- --console", "as claude auth login takes it"],
    ],
    run: (args, rest) => {
      const store = writableStore(context);
      const name = writableProfile(context, store, args.name);
      ensureListedDirectory(store, name);
      return logIn(context, store, name, rest);
    },
  });
}

/** A profile of which only the list knows begins anew. The lock tells it from one that is removed at this moment. */
function ensureListedDirectory(store: Store, name: ProfileName): void {
  if (profileWithDirectory(store, name) !== undefined) return;
  withStateLock(store, () => {
    if (profileExists(store, name) !== undefined) ensureDirectory(profilePathsOf(store, name).root);
  });
}

/**
 * Runs `claude auth login`, and believes only the file: where a lock is busy Claude Code says "Login successful." and ends with
 * 0, but saves nothing (seen on 2.1.197 and 2.1.329).
 * @returns 0; where claude itself fails this process ends as it did
 * @throws ClauthError `login_not_saved`, `login_not_used`
 */
export async function logIn(
  context: Context,
  store: Store,
  name: ProfileName,
  options: readonly string[],
): Promise<number> {
  const paths = profilePathsOf(store, name);
  const { apiKey, home } = readProfileConfig(paths);
  if (apiKey !== undefined) throw notUsed(name, paths.config);
  const before = readRegularFile(paths.credentials);
  const exit = await runClaude(context, { explicit: name, args: ["auth", "login", ...options] });
  // A profile of ~/.claude gets here on Windows alone: elsewhere this process is that claude by now, which has said it.
  if (home || exit.kind === "signal" || exit.code !== 0) return exitAs(exit);
  if (!isNewLogin(before, readRegularFile(paths.credentials))) throw notSaved(name, paths.credentials);
  const { email } = accountOf(placesOf(context.home, store, name), { home: false });
  notice(context, `profile "${name}" is logged in${email === undefined ? "" : ` as ${email}`}`);
  return 0;
}

function isNewLogin(before: FileContent | undefined, after: FileContent | undefined): boolean {
  if (after === undefined || !judgeCredentials(after.bytes).login) return false;
  return before === undefined || !equalBytes(before.bytes, after.bytes);
}

function notUsed(name: ProfileName, path: string): ClauthError {
  return new ClauthError({
    kind: "login_not_used",
    message: `profile "${name}" uses the API key of its config.toml, which beats any login`,
    hint: `take api_key out of ${path}, or: clauth add OTHER --login`,
    path,
  });
}

function notSaved(name: ProfileName, path: string): ClauthError {
  return new ClauthError({
    kind: "login_not_saved",
    message: `claude ended as if it had logged in, but profile "${name}" has no new login`,
    hint: `clauth login ${name}; \`clauth sessions\` shows who else runs`,
    path,
  });
}

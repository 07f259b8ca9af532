import type { Context } from "../context.ts";
import { listDirectory } from "../disk/directory.ts";
import { ClauthError } from "../errors.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { profileExists, type RemovedProfile, removedProfiles } from "../profile/profiles.ts";
import { type ProfileName, parseProfileName, sameName } from "../profile-name.ts";
import { placesOf } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { restoreLogin } from "../session/restore-login.ts";
import { restoreProfile } from "../session/restore-profile.ts";
import { syncUnused } from "../session/sync.ts";
import { allTokenHolders } from "../session/token-holders.ts";
import { LOGGED_OUT } from "./backups.ts";
import { type Command, command } from "./command.ts";
import { writableProfile, writableStore } from "./store.ts";

/** `clauth backups restore`: a login that was replaced, or a whole profile that was removed. */
export function backupsRestore(context: Context): Command {
  return command({
    name: "backups restore",
    summary: "put a login or a removed profile back",
    args: {
      name: { type: "positional", required: true, description: "the profile, or one that was removed" },
      id: {
        type: "positional",
        required: false,
        description: "as `clauth backups NAME` shows it, or how it begins",
      },
    },
    examples: [
      ["clauth backups restore work", "a profile that was removed"],
      ["clauth backups restore work 20261121T1036", "a login, by how its ID begins"],
    ],
    run: async ({ name, id }) => {
      const store = writableStore(context);
      const profile = parseProfileName(name);
      const removed = removedNamed(store, profile, id);
      if (removed !== undefined) await takeBack(context, store, removed);
      else await putBack(context, store, writableProfile(context, store, name), id);
      return 0;
    },
  });
}

/** By its name the one that was removed last, where no profile has that name now. */
function removedNamed(store: Store, name: ProfileName, id: string | undefined): RemovedProfile | undefined {
  const removed = removedProfiles(store).filter((one) => sameName(one.name, name));
  if (id !== undefined) {
    const whole = wholeId(
      removed.map((one) => one.id),
      id,
    );
    return removed.find((one) => one.id === whole);
  }
  return profileExists(store, name) === undefined ? removed.at(-1) : undefined;
}

async function takeBack(context: Context, store: Store, removed: RemovedProfile): Promise<void> {
  restoreProfile(store, removed, await allTokenHolders(context, store));
  notice(context, `profile "${removed.name}" is back as it was`);
}

async function putBack(
  context: Context,
  store: Store,
  profile: ProfileName,
  given: string | undefined,
): Promise<void> {
  if (given === undefined) throw noId(profile);
  for (const note of await syncUnused(context, store, profile)) notice(context, note);
  const id = wholeId(listDirectory(profilePathsOf(store, profile).backups), given);
  const holders = await allTokenHolders(context, store);
  const done = restoreLogin(holders, store, placesOf(context.home, store, profile), id);
  if (done === "unchanged") return notice(context, `profile "${profile}" has this login already`);
  const other = done === "replaced" ? "; the other one is in backups now" : "";
  notice(context, `profile "${profile}" has the login of ${id} again${other}`);
  const when = id.includes(LOGGED_OUT) ? "since it was logged out" : "where its token was refreshed since";
  notice(context, `${when}, Claude Code will refuse it: clauth login ${profile}`);
}

function noId(profile: ProfileName): ClauthError {
  return new ClauthError({
    kind: "usage",
    message: "ID is missing: which login is to be put back?",
    hint: `clauth backups ${profile}`,
    exitCode: 2,
  });
}

/** The only one that begins so; else as it was given. */
function wholeId(ids: readonly string[], given: string): string {
  const meant = ids.filter((id) => id.startsWith(given));
  return meant.length === 1 && given !== "" ? (meant[0] ?? given) : given;
}

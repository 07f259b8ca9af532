import { join } from "node:path";
import type { Context } from "../context.ts";
import { listDirectory } from "../disk/directory.ts";
import { statFile } from "../disk/read-file.ts";
import { profilePathsOf, type Store, storeOf } from "../paths.ts";
import { listProfiles, profileExists, type RemovedProfile, removedProfiles } from "../profile/profiles.ts";
import { type ProfileName, parseProfileName, sameName } from "../profile-name.ts";
import { quarantineKind } from "../quarantine.ts";
import { notice } from "../report.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { loginIn } from "./found-login.ts";
import { type Cell, jsonText, tableText, type View, viewOf } from "./output.ts";
import { ago, size } from "./quantities.ts";
import { knownProfile } from "./store.ts";

/** `clauth backups`: every file that lost and every profile that was removed, newest last. */
export function backups(context: Context): Command {
  return command({
    name: "backups",
    summary: "show what was replaced or removed, and kept",
    args: {
      name: { type: "positional", required: false, description: "one profile; all where none is given" },
      json: JSON_FLAG,
    },
    examples: [
      ["clauth backups", "of every profile, removed ones too"],
      ["clauth backups work", "of this one"],
      ["clauth backups restore work", "take a removed one back"],
    ],
    run: ({ name, json }) => {
      const store = storeOf(context);
      const found = name === undefined ? all(store) : ofName(store, parseProfileName(name));
      if (json) context.stdout.write(jsonText(found));
      else show(context, store, found);
      return 0;
    },
  });
}

function show(context: Context, store: Store, found: readonly Backup[]): void {
  const view = viewOf(context);
  const rows = found.map((backup) => row(backup, view));
  context.stdout.write(tableText(COLUMNS, rows, view));
  sayNext(context, store, found);
}

type Backup = {
  readonly profile: ProfileName;
  /** The name of the file or directory: what `clauth backups restore` takes. */
  readonly id: string;
  readonly what: string;
  readonly time: string;
  /** Null for a directory. */
  readonly bytes: number | null;
  /** True for a file that `clauth backups restore` can put back, and for a removed profile that has a login. */
  readonly login: boolean;
};

const REMOVED = "removed-profile";

/** As a logout keeps it: the server takes it no more, where it could be told. */
export const LOGGED_OUT = "credentials-logged-out";

function all(store: Store): Backup[] {
  return [
    ...listProfiles(store).flatMap((profile) => backupsOf(store, profile)),
    ...removedProfiles(store).map((removed) => removedOf(store, removed)),
  ];
}

/** A profile that is no more may still have been removed. */
function ofName(store: Store, name: ProfileName): Backup[] {
  const removed = removedProfiles(store).filter((one) => sameName(one.name, name));
  const profile = removed.length === 0 ? knownProfile(store, name) : profileExists(store, name);
  return [
    ...(profile === undefined ? [] : backupsOf(store, profile)),
    ...removed.map((one) => removedOf(store, one)),
  ];
}

function removedOf(store: Store, { id, name }: RemovedProfile): Backup {
  const login = loginIn(join(store.removed, id, "credentials.json")) !== undefined;
  return { profile: name, id, what: REMOVED, time: timeOf(id), bytes: null, login };
}

function backupsOf(store: Store, profile: ProfileName): Backup[] {
  const { backups: directory } = profilePathsOf(store, profile);
  return listDirectory(directory)
    .sort()
    .flatMap((id) => {
      const what = quarantineKind(id);
      if (what === undefined) return [];
      const path = join(directory, id);
      const bytes = Number(statFile(path)?.size ?? 0n);
      const login = what.startsWith("credentials") && loginIn(path) !== undefined;
      return [{ profile, id, what, time: timeOf(id), bytes, login }];
    });
}

/** The name begins with the time without the marks that Windows refuses in names. */
function timeOf(id: string): string {
  return id.replace(/^(....)(..)(..T..)(..)(..)(...Z).*$/, "$1-$2-$3:$4:$5.$6");
}

const COLUMNS = [
  { head: "PROFILE", whole: true },
  { head: "ID", whole: true },
  { head: "KEPT" },
  { head: "SIZE" },
  { head: "WHAT" },
] as const;

function row({ profile, id, what, time, bytes, login }: Backup, view: View): Cell[] {
  return [
    profile,
    id,
    view.forPeople ? ago(time) : time,
    bytes === null ? "" : size(bytes),
    what === REMOVED ? "profile" : !login ? "file" : what === LOGGED_OUT ? "logged out" : "login",
  ];
}

function sayNext(context: Context, store: Store, found: readonly Backup[]): void {
  if (found.length === 0) notice(context, "nothing was replaced or removed");
  const login = found.findLast(({ what, login }) => login && what !== REMOVED && what !== LOGGED_OUT);
  const removed = found.findLast(
    ({ what, profile }) => what === REMOVED && profileExists(store, profile) === undefined,
  );
  if (login !== undefined) notice(context, `to put a login back: clauth backups restore ${login.profile} ID`);
  if (removed !== undefined)
    notice(context, `to take a profile back: clauth backups restore ${removed.profile}`);
}

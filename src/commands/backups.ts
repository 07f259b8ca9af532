import { join } from "node:path";
import type { Context } from "../context.ts";
import { listDirectory } from "../disk/directory.ts";
import { readRegularFile, statFile } from "../disk/read-file.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { profilePathsOf, type Store, storeOf } from "../paths.ts";
import { listProfiles } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { quarantineKind } from "../quarantine.ts";
import { JSON_FLAG } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { jsonText, tableText } from "./output.ts";
import { knownProfile } from "./store.ts";

/** `clauth backups`: every file that lost, newest last. */
export function backups(context: Context): Command {
  return command({
    name: "backups",
    summary: "show what was replaced and kept",
    args: {
      name: { type: "positional", required: false, description: "one profile; all where none is given" },
      json: JSON_FLAG,
    },
    run: ({ name, json }) => {
      const store = storeOf(context);
      const names = name === undefined ? listProfiles(store) : [knownProfile(store, name)];
      const found = names.flatMap((profile) => backupsOf(store, profile));
      context.stdout.write(json ? jsonText(found) : tableText(found.map(row)));
      return 0;
    },
  });
}

type Backup = {
  readonly profile: ProfileName;
  /** The name of the file: what `clauth backups restore` takes. */
  readonly id: string;
  readonly what: string;
  readonly time: string;
  readonly bytes: number;
  /** True for a file that `clauth backups restore` can put back. */
  readonly login: boolean;
};

function backupsOf(store: Store, profile: ProfileName): Backup[] {
  const { backups: directory } = profilePathsOf(store, profile);
  return listDirectory(directory)
    .sort()
    .flatMap((id) => {
      const what = quarantineKind(id);
      if (what === undefined) return [];
      const path = join(directory, id);
      const bytes = Number(statFile(path)?.size ?? 0n);
      const login = what.startsWith("credentials") && isLogin(path);
      return [{ profile, id, what, time: timeOf(id), bytes, login }];
    });
}

/** The name begins with the time without the marks that Windows refuses in names. */
function timeOf(id: string): string {
  return id.replace(/^(....)(..)(..T..)(..)(..)(...Z).*$/, "$1-$2-$3:$4:$5.$6");
}

function isLogin(path: string): boolean {
  const content = readRegularFile(path, { maxBytes: 1024 * 1024 });
  return content !== undefined && judgeCredentials(content.bytes).login;
}

function row({ profile, id, time, bytes, login }: Backup): string[] {
  return [profile, id, time, `${bytes} bytes`, login ? "a login" : ""];
}

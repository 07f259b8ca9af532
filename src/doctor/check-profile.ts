import type { Context } from "../context.ts";
import { isDamaged } from "../disk/is-damaged.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { refuseRemoteLogin } from "../environment/remote-login.ts";
import { refuseSdkFederation } from "../environment/sdk-federation.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import type { ProfilePaths, Store } from "../paths.ts";
import { type ProfileConfig, readProfileConfig } from "../profile/profile-config.ts";
import type { ProfileName } from "../profile-name.ts";
import { mirrorHalted } from "../reconcile/base.ts";
import { lookAtCredentials } from "../reconcile/credentials.ts";
import { waysOut } from "../reconcile/live-copies.ts";
import { type Places, placesWithLogin } from "../reconcile/places.ts";
import { listRecords } from "../session/record.ts";
import { attempted, type Finding } from "./finding.ts";

/** One profile: its files can be read, its login is one, and nothing that is over still counts as running. */
export async function checkProfile(
  context: Context,
  store: Store,
  name: ProfileName,
): Promise<readonly Finding[]> {
  const check = `profile ${name}`;
  const places = await placesWithLogin(context, store, name);
  const found = [
    ...attempted(check, () => {
      const config = readProfileConfig(places.paths);
      refuseSdkFederation(context, config);
      refuseRemoteLogin(context, config);
      return checkLogin(check, places, config);
    }),
    ...attempted(check, () => checkDocuments(check, places)),
    ...attempted(check, () => checkCopies(check, places)),
    ...attempted(check, () => checkSessions(check, places.paths)),
  ];
  return found.length > 0 ? found : [{ check, level: "ok", message: "in order" }];
}

function checkLogin(check: string, places: Places, config: ProfileConfig): readonly Finding[] {
  if (config.home || config.apiKey !== undefined) return [];
  const hint = `clauth login ${places.profile}`;
  const path = places.paths.credentials;
  const loggedOut: Finding = { check, level: "warning", message: "is logged out", hint };
  const canonical = readRegularFile(path);
  if (canonical === undefined) return [loggedOut];
  const { document, login, stub } = judgeCredentials(canonical.bytes);
  if (document === undefined) {
    const cure = `clauth backups ${places.profile}, or ${hint}`;
    return [{ check, level: "problem", message: `${path} is damaged`, hint: cure, path }];
  }
  // What Claude Code leaves where the server refused the token; the shim keeps it, so that no start asks again.
  const { shown } = lookAtCredentials(places, { pin: undefined, ended: false }).tree;
  if (stub || (shown.kind === "file" && judgeCredentials(shown.bytes).stub))
    return [{ check, level: "problem", message: "the server refused its token", hint, path }];
  return login ? [] : [loggedOut];
}

function checkDocuments(check: string, { treeJson, treeSettings }: Places): readonly Finding[] {
  return [treeJson, treeSettings].filter(isDamaged).map((path) => ({
    check,
    level: "problem",
    message: `${path} is damaged`,
    hint: "the next start rebuilds .claude.json; settings.json waits for you to mend it",
    path,
  }));
}

function checkCopies(check: string, places: Places): readonly Finding[] {
  const message = mirrorHalted(places);
  if (message === undefined) return [];
  return [{ check, level: "problem", message, hint: waysOut(places.profile), path: places.paths.runtime }];
}

function checkSessions(check: string, paths: ProfilePaths): readonly Finding[] {
  const records = listRecords(paths);
  const dead = records.filter(({ liveness }) => liveness === "dead").length;
  const unknown = records.filter(({ liveness }) => liveness === "unknown").length;
  return [
    ...(dead > 0
      ? [
          {
            check,
            level: "warning",
            message: `${dead === 1 ? "an ended session was" : `${dead} ended sessions were`} not closed`,
            hint: "clauth doctor --fix, or the next start closes them",
          } as const,
        ]
      : []),
    ...(unknown > 0
      ? [
          {
            check,
            level: "problem",
            message: `of ${unknown === 1 ? "a session" : `${unknown} sessions`} it can't be known whether it runs (another machine or container?)`,
            hint: "if none does: clauth doctor --fix",
          } as const,
        ]
      : []),
  ];
}

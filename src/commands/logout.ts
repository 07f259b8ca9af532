import { rmSync } from "node:fs";
import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { storageWriteLock, withClaudeLocks } from "../lock/claude-locks.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { withBaseGuard } from "../reconcile/base-guard.ts";
import { carryOutCredentials, lookAtCredentials } from "../reconcile/credentials.ts";
import { type Places, placesWithLogin } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { exitAs } from "../run/exit.ts";
import { runClaude } from "../shim.ts";
import { PROFILE } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { writableProfile, writableStore } from "./store.ts";

/** `clauth logout`: Claude Code's own logout, which revokes the token, in a session of the profile. */
export function logout(context: Context): Command {
  return command({
    name: "logout",
    summary: "log a profile out, by claude auth logout",
    args: { name: PROFILE },
    run: async (args) => {
      const store = writableStore(context);
      const name = writableProfile(context, store, args.name);
      const places = await placesWithLogin(context, store, name);
      const exit = await runClaude(context, { explicit: name, args: ["auth", "logout"] });
      if (exit.kind === "signal" || exit.code !== 0) return exitAs(exit);
      await finish(places);
      const { apiKey } = readProfileConfig(places.paths);
      notice(
        context,
        apiKey === undefined
          ? `profile "${name}" is logged out; its last login is in ${places.paths.backups}`
          : `profile "${name}" is logged out, and still uses the API key of ${places.paths.config}`,
      );
      return 0;
    },
  });
}

/** A session takes a missing login for a logout only where it is sure; here the user has said so. */
async function finish(places: Places): Promise<void> {
  rmSync(places.paths.account, { force: true });
  if (!isLogin(places.paths.credentials)) return;
  await withClaudeLocks([storageWriteLock(places.paths.runtime)], (assertHeld) =>
    withBaseGuard(places, () => {
      const look = lookAtCredentials(places, { pin: undefined, ended: true });
      const canonical = readRegularFile(places.paths.credentials);
      if (canonical === undefined) return;
      assertHeld();
      const quarantine = [{ what: "credentials-logged-out", bytes: canonical.bytes }];
      const { historyAfter } = look.decision;
      carryOutCredentials(places, {
        ...look,
        canonical,
        decision: { do: "log-out", quarantine, historyAfter },
      });
    }),
  );
}

function isLogin(path: string): boolean {
  const content = readRegularFile(path);
  return content !== undefined && judgeCredentials(content.bytes).login;
}

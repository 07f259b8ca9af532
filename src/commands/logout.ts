import type { Context } from "../context.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { storageWriteLock, withClaudeLocks } from "../lock/claude-locks.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { withBaseGuard } from "../reconcile/base-guard.ts";
import { carryOutCredentials, lookAtCredentials } from "../reconcile/credentials.ts";
import { type Places, placesWithLogin } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { exitAs } from "../run/exit.ts";
import { runClaude } from "../shim.ts";
import { PROFILE } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { loginIn } from "./found-login.ts";
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
      const { apiKey, home } = readProfileConfig(places.paths);
      const exit = await runClaude(context, { explicit: name, args: ["auth", "logout"] });
      // A profile of ~/.claude gets here on Windows alone: elsewhere this process is that claude by now, which has said it.
      if (home || exit.kind === "signal" || exit.code !== 0) return exitAs(exit);
      await finish(places);
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
  removeFile(places.paths.account);
  if (loginIn(places.paths.credentials) === undefined) return;
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

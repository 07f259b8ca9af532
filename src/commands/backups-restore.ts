import type { Context } from "../context.ts";
import { placesOf } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { restoreLogin } from "../session/restore-login.ts";
import { syncUnused } from "../session/sync.ts";
import { PROFILE } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { writableProfile, writableStore } from "./store.ts";

/** `clauth backups restore`: makes a login that was replaced the profile's own again. */
export function backupsRestore(context: Context): Command {
  return command({
    name: "backups restore",
    summary: "put a login back that was replaced",
    args: {
      name: PROFILE,
      id: { type: "positional", required: true, description: "as `clauth backups NAME` shows it" },
    },
    run: async ({ name, id }) => {
      const store = writableStore(context);
      const profile = writableProfile(context, store, name);
      for (const note of await syncUnused(context, store, profile)) notice(context, note);
      const places = placesOf(context.home, store, profile);
      if (restoreLogin(context.home, store, places, id) === "unchanged") {
        notice(context, `profile "${profile}" has this login already`);
        return 0;
      }
      notice(context, `profile "${profile}" has the login of ${id} again; the other one is in backups now`);
      notice(
        context,
        `where its token was refreshed since, Claude Code will refuse it: clauth login ${profile}`,
      );
      return 0;
    },
  });
}

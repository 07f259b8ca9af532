import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { parseProfileName, sameName } from "../profile-name.ts";
import { placesWithLogin } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { renameProfile } from "../session/rename-profile.ts";
import { syncUnused } from "../session/sync.ts";
import { PROFILE } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { renameMentions } from "./mentions.ts";
import { writableProfile, writableStore } from "./store.ts";

/** `clauth rename`: another name for a profile, in clauth.toml too. A .clauthrc is the user's to change. */
export function rename(context: Context): Command {
  return command({
    name: "rename",
    summary: "give a profile another name",
    args: { old: PROFILE, new: { type: "positional", required: true, description: "its new name" } },
    examples: [["clauth rename work office", "its login, conversations and rules stay"]],
    run: async (args) => {
      const store = writableStore(context);
      const from = writableProfile(context, store, args.old);
      const to = parseProfileName(args.new);
      // A clauth.toml that can't be changed is said before anything was.
      await readConfig(store);
      for (const note of await syncUnused(context, store, from)) notice(context, note);
      renameProfile(store, await placesWithLogin(context, store, from), to);
      notice(context, `profile "${from}" is now "${to}"`);
      if ((await renameMentions(store, from, to)) === "written")
        notice(context, `${store.config} names it so too`);
      if (!sameName(from, to))
        notice(context, `a .clauthrc that names "${from}" stops with an error: clauth local ${to}`);
      return 0;
    },
  });
}

import type { Context } from "../context.ts";
import { placesWithLogin } from "../reconcile/places.ts";
import { notice } from "../report.ts";
import { removeProfile } from "../session/remove-profile.ts";
import { syncUnused } from "../session/sync.ts";
import { PROFILE } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { mentionsOf } from "./mentions.ts";
import { writableProfile, writableStore } from "./store.ts";

/** `clauth remove`: takes a profile out of use. Nothing is deleted, a login least of all. */
export function remove(context: Context): Command {
  return command({
    name: "remove",
    summary: "take a profile away; its login is kept",
    args: { name: PROFILE },
    run: async (args) => {
      const store = writableStore(context);
      const name = writableProfile(context, store, args.name);
      const mentions = await mentionsOf(store, name);
      for (const note of await syncUnused(context, store, name)) notice(context, note);
      const kept = removeProfile(store, await placesWithLogin(context, store, name));
      notice(
        context,
        `removed profile "${name}"${kept === undefined ? "" : `; all that was its own is in ${kept}`}`,
      );
      for (const mention of mentions) notice(context, mention);
      return 0;
    },
  });
}

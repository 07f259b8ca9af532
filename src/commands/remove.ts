import { existsSync } from "node:fs";
import { join } from "node:path";
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
    summary: "take a profile away; it is kept and can be taken back",
    args: { name: PROFILE },
    examples: [
      ["clauth remove work", "nothing is deleted"],
      ["clauth backups restore work", "and back again"],
    ],
    run: async (args) => {
      const store = writableStore(context);
      const name = writableProfile(context, store, args.name);
      const mentions = await mentionsOf(store, name);
      for (const note of await syncUnused(context, store, name)) notice(context, note);
      const kept = removeProfile(store, await placesWithLogin(context, store, name));
      notice(context, `removed profile "${name}"`);
      if (kept !== undefined) {
        const login = existsSync(join(kept, "credentials.json")) ? ", its login too," : "";
        notice(context, `all that was its own${login} is in ${kept}`);
        notice(context, `to take it back: clauth backups restore ${name}`);
      }
      for (const mention of mentions) notice(context, mention);
      return 0;
    },
  });
}

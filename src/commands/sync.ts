import type { Context } from "../context.ts";
import { listProfiles } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { notice } from "../report.ts";
import { syncIncomplete, syncProfile } from "../session/sync.ts";
import { type Command, command } from "./command.ts";
import { writableProfile, writableStore } from "./store.ts";

/** `clauth sync`: what a session does at its end, without one. */
export function sync(context: Context): Command {
  return command({
    name: "sync",
    summary: "carry what is left between ~/.claude and the profiles",
    args: {
      name: { type: "positional", required: false, description: "one profile; all where none is given" },
    },
    run: async ({ name }) => {
      const store = writableStore(context);
      const names = name === undefined ? listProfiles(store) : [name];
      const unfinished: ProfileName[] = [];
      for (const each of names) {
        const profile = writableProfile(context, store, each);
        const { complete, notes } = await syncProfile(context, store, profile);
        for (const note of notes) notice(context, note);
        if (!complete) unfinished.push(profile);
      }
      if (unfinished.length > 0) throw syncIncomplete(unfinished, store);
      return 0;
    },
  });
}

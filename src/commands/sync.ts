import type { Context } from "../context.ts";
import type { ClauthError } from "../errors.ts";
import { listProfiles } from "../profile/profiles.ts";
import type { ProfileName } from "../profile-name.ts";
import { asClauthError, notice } from "../report.ts";
import { syncFailed, syncIncomplete, syncProfile, type Wishes } from "../session/sync.ts";
import { type Command, command, throwFirst, usageError } from "./command.ts";
import { writableProfile, writableStore } from "./store.ts";

/** `clauth sync`: what a session does at its end, without one. */
export function sync(context: Context): Command {
  return command({
    name: "sync",
    summary: "carry what is left between ~/.claude and the profiles",
    args: {
      name: { type: "positional", required: false, description: "one profile; all where none is given" },
      removals: {
        type: "boolean",
        description: "carry removals too that were held back because they are many (trees of copies)",
      },
    },
    examples: [
      ["clauth sync", "every profile"],
      ["clauth sync work", "this one"],
    ],
    run: async ({ name, removals }) => {
      if (removals && name === undefined)
        throw usageError("--removals takes one profile: clauth sync NAME --removals", "sync");
      const wishes: Wishes = removals ? { removals: "confirmed" } : {};
      const store = writableStore(context);
      const names = name === undefined ? listProfiles(store) : [name];
      const unfinished: ProfileName[] = [];
      const failures: ClauthError[] = [];
      for (const each of names) {
        try {
          const profile = writableProfile(context, store, each);
          const { complete, failed, notes } = await syncProfile(context, store, profile, wishes);
          for (const note of notes) notice(context, note);
          if (!complete) unfinished.push(profile);
          if (failed !== undefined) failures.push(syncFailed(profile, failed));
        } catch (error) {
          // One that can't be carried stops no other.
          failures.push(asClauthError(error));
        }
      }
      throwFirst(context, failures);
      if (unfinished.length > 0) throw syncIncomplete(unfinished, store);
      return 0;
    },
  });
}

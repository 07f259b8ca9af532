import { testOnlyArmCheckpoints } from "../../../src/checkpoint.ts";
import { profilePathsOf, storeOf } from "../../../src/paths.ts";
import { readProfileConfig } from "../../../src/profile/profile-config.ts";
import { parseProfileName } from "../../../src/profile-name.ts";
import { placesOf } from "../../../src/reconcile/places.ts";
import { fillTree } from "../../../src/session/fill-tree.ts";
import { finalize } from "../../../src/session/finalize.ts";
import { openSession } from "../../../src/session/open.ts";
import { settleBeforeNewMode } from "../../../src/session/run.ts";
import { forcedLinkMode, type LinkMode } from "../../../src/tree/forced-mode.ts";

/** One whole session of the profile `work`, in which claude does nothing, in a mode that is asked for, or in none. */
export async function startInMode(home: string, mode: LinkMode | undefined): Promise<readonly string[]> {
  const context = {
    home,
    cwd: home,
    env: { CLAUTH_LINK_MODE: mode },
    platform: process.platform,
    executable: process.execPath,
  };
  const store = storeOf(context);
  const name = parseProfileName("work");
  const request = { store, name, config: readProfileConfig(profilePathsOf(store, name)), overlay: {} };
  await settleBeforeNewMode(context, request, placesOf(home, store, name));
  const session = openSession(context, request);
  if (session.places.mode !== "symlink") fillTree(session);
  return finalize(session, undefined);
}

/** A program: the same for the home argv[2] in the mode argv[3], killed at checkpoint number argv[4]; prints the name of each. */
if (import.meta.main) {
  const [home = "", mode, killAt = "0"] = process.argv.slice(2);
  let reached = 0;
  testOnlyArmCheckpoints((name) => {
    console.log(name);
    reached += 1;
    if (reached === Number(killAt)) process.kill(process.pid, "SIGKILL");
  });
  await startInMode(home, forcedLinkMode({ CLAUTH_LINK_MODE: mode }) ?? "symlink");
}

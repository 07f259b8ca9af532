import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { refuseStart } from "../environment/refuse-start.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { resolveSelection } from "../selection/resolve.ts";
import { attempted, type Finding } from "./finding.ts";

/** Why a claude that is started in this directory would stop. What is wrong with clauth.toml is said by the check of the store. */
export async function checkHere(context: Context, store: Store): Promise<readonly Finding[]> {
  const config = await readConfig(store).catch(() => undefined);
  if (config === undefined) return [];
  const found = attempted("here", () => {
    const { selection } = resolveSelection(context, store, config);
    if (selection.kind !== "profile") return [];
    refuseStart(context, readProfileConfig(profilePathsOf(store, selection.name)), config);
    return [];
  });
  return found.filter(({ path }) => path !== store.config);
}

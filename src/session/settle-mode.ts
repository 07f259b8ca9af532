import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { log } from "../log.ts";
import type { Store } from "../paths.ts";
import type { ProfileName } from "../profile-name.ts";
import type { Places } from "../reconcile/places.ts";
import type { LinkMode } from "../tree/link-mode.ts";
import { readManifest } from "../tree/manifest.ts";
import { livesAlone } from "./alone.ts";
import { syncProfile } from "./sync.ts";

/**
 * Before an open takes copies out of a tree: once more what changed on either side since the last session is carried, deletions too.
 * The open that follows unites what differs then, so that nothing is lost where this could not be done.
 */
export async function settleMode(
  context: Pick<Context, "cwd" | "env" | "home" | "platform">,
  store: Store,
  name: ProfileName,
  { paths }: Places,
  wanted: LinkMode,
): Promise<void> {
  const mode = readManifest(paths)?.mode ?? "symlink";
  if (mode === "symlink" || mode === wanted || !livesAlone(paths)) return;
  try {
    await syncProfile(context, store, name);
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    log(store, name, `before the link mode ${wanted}: ${error.kind}: ${error.message}`);
  }
}

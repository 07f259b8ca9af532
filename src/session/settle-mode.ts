import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { existsSync } from "../fs.ts";
import { log } from "../log.ts";
import { dropMirrorIndex } from "../mirror/mirror-index.ts";
import { dropCopiedDirectories } from "../reconcile/mirror-tree.ts";
import { type Places, placesOf } from "../reconcile/places.ts";
import { forcedLinkMode, type LinkMode } from "../tree/forced-mode.ts";
import { inspectTree } from "../tree/inspect.ts";
import { chooseLinkMode } from "../tree/link-mode.ts";
import { type Manifest, readManifest } from "../tree/manifest.ts";
import { livesAlone } from "./alone.ts";
import type { SessionRequest } from "./session.ts";
import { withRecord } from "./with-record.ts";

/**
 * Before an open puts links in the place of copies: once more what changed on either side since the last session is carried, deletions
 * too, and then the copied directories go. The open that follows unites what is left, so that nothing is lost where this could not be
 * done.
 */
export async function settleMode(
  context: Pick<Context, "cwd" | "env" | "home" | "platform">,
  { store, name, config }: Pick<SessionRequest, "store" | "name" | "config">,
  places: Places,
): Promise<void> {
  const { paths } = places;
  if (!existsSync(paths.runtime)) return;
  try {
    const known = readManifest(paths);
    if (known === undefined || known.mode === "symlink") dropMirrorIndex(paths.base);
    else if (known.mode !== modeToCome(context, places, known) && livesAlone(paths)) {
      // Loaded where it is needed: every start of a tree of copies comes by here.
      const { syncProfile } = await import("./sync.ts");
      await syncProfile(context, store, name);
      if (known.mode === "copy") await leaveCopies(context, { store, name, config }, known.mode);
    }
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    log(store, name, `before another link mode: ${error.kind}: ${error.message}`);
  }
}

/** What the open that follows will choose. */
function modeToCome({ env }: Pick<Context, "env">, { claude, paths }: Places, known: Manifest): LinkMode {
  return chooseLinkMode(inspectTree(claude, paths), known, { forced: forcedLinkMode(env), idle: true }).mode;
}

async function leaveCopies(
  context: Pick<Context, "cwd" | "home">,
  { store, name, config }: Pick<SessionRequest, "store" | "name" | "config">,
  mode: LinkMode,
): Promise<void> {
  const places = { ...placesOf(context.home, store, name), mode };
  await withRecord(store, places, context.cwd, (own) =>
    dropCopiedDirectories(places, config.isolate, () => livesAlone(places.paths, own.path)),
  );
}

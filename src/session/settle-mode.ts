import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { withStateLock } from "../lock/store-lock.ts";
import { log } from "../log.ts";
import { dropMirrorIndex } from "../mirror/mirror-index.ts";
import { dropCopiedDirectories } from "../reconcile/mirror-tree.ts";
import { type Places, placesOf } from "../reconcile/places.ts";
import { inspectTree } from "../tree/inspect.ts";
import { chooseLinkMode, forcedLinkMode, type LinkMode } from "../tree/link-mode.ts";
import { readManifest } from "../tree/manifest.ts";
import { livesAlone } from "./alone.ts";
import type { SessionRequest } from "./open.ts";
import { createRecord, releaseRecord } from "./record.ts";
import { syncProfile } from "./sync.ts";

/**
 * Before an open puts links in the place of copies: once more what changed on either side since the last session is carried, deletions
 * too, and then the copied directories go. The open that follows unites what is left, so that nothing is lost where this could not be
 * done.
 */
export async function settleMode(
  context: Pick<Context, "cwd" | "env" | "home" | "platform">,
  { store, name, config }: SessionRequest,
  { paths, claude }: Places,
): Promise<void> {
  const known = readManifest(paths);
  const mode = known?.mode ?? "symlink";
  if (mode === "symlink") {
    dropMirrorIndex(paths.base);
    return;
  }
  const asked = { forced: forcedLinkMode(context.env), idle: true };
  const wanted = chooseLinkMode(inspectTree(claude, paths), known, asked).mode;
  if (mode === wanted || !livesAlone(paths)) return;
  try {
    await syncProfile(context, store, name);
    if (mode === "copy") leaveCopies(context, { store, name, config }, mode);
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
    log(store, name, `before the link mode ${wanted}: ${error.kind}: ${error.message}`);
  }
}

/** With a record, so that nobody takes the profile for unused meanwhile. */
function leaveCopies(
  context: Pick<Context, "cwd" | "home">,
  { store, name, config }: Pick<SessionRequest, "store" | "name" | "config">,
  mode: LinkMode,
): void {
  const places = { ...placesOf(context.home, store, name), mode };
  const record = withStateLock(store, () => createRecord(places.paths, { profile: name, cwd: context.cwd }));
  try {
    dropCopiedDirectories(places, config.isolate, () => livesAlone(places.paths, record.path));
  } finally {
    withStateLock(store, () => releaseRecord(record));
  }
}

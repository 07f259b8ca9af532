import { ClauthError } from "../errors.ts";
import { isOwnerNoted, noteAccountChange, noteOwner } from "./account-change.ts";
import { appliedOverlays } from "./applied-overlays.ts";
import { withBaseGuard } from "./base-guard.ts";
import type { DocumentKind } from "./document.ts";
import { claudeJsonKind, settingsKind } from "./kinds.ts";
import { mirrorIfCopied, mirrorNow } from "./live-copies.ts";
import { reconcileCredentials } from "./live-credentials.ts";
import { forgetPrepared, prepareDocument, prepareForMerge, reconcileDocument } from "./live-document.ts";
import { isTreeAsOpened, treeReplaced } from "./look.ts";
import { forgetParsed } from "./parse-once.ts";
import { isLinked, type Moment, type Pass, RETRY_MS, type Reconciled, say } from "./pass.ts";
import type { Places } from "./places.ts";
import { signatureOf } from "./signature.ts";
import { linkModeOf, liveTreePass } from "./tree-pass.ts";

export type Outcome = {
  /** Undefined where all is reconciled, else after how many milliseconds to try again. */
  readonly again: number | undefined;
  /** What could not be carried and won't be by trying again: somebody has to mend it first. */
  readonly failed?: ClauthError | undefined;
  /** Lines for the user, once claude's screen is gone. */
  readonly notes: readonly string[];
};

/**
 * One pass beside or after a running claude, both ways, under Claude's own locks. Each file stands alone: one that is busy
 * or damaged does not stop the others. What fails is in the log and is tried again.
 */
export async function livePass(reconciled: Reconciled, moment: Moment): Promise<Outcome> {
  if (!isTreeAsOpened(reconciled.places, reconciled.look)) {
    forgetPrepared(reconciled.memory);
    return { again: undefined, notes: moment.moment === "final" ? [treeReplaced(reconciled.places)] : [] };
  }
  const places = inItsMode(reconciled.places);
  const pass = { ...reconciled, ...moment, places };
  const waits: number[] = [];
  const failures: string[] = [];
  const notes: string[] = [];
  let failed: ClauthError | undefined;
  const attempt = async (what: string, body: () => Promise<number | undefined> | number | undefined) => {
    try {
      const again = await body();
      if (again !== undefined) waits.push(again);
    } catch (error) {
      if (!(error instanceof ClauthError)) throw error;
      say(pass, `${what}: ${error.kind}: ${error.message}`);
      failures.push(`could not carry ${what}: ${error.message}; the next start tries again`);
      if (error.retrySafe) waits.push(RETRY_MS);
      else failed ??= error;
    }
  };

  const final = pass.moment === "final";
  await attempt("credentials", async () => {
    const { config } = pass;
    const live = { places, pin: config.account, ended: final, memory: pass.memory };
    notes.push(...(await reconcileCredentials({ ...live, say: (text) => say(pass, text) })));
    return undefined;
  });
  await attempt("account", () => noteOwnerIfNew(pass));
  // Before what is looked up name by name: a key is waited for, in another session too.
  await attempt("claude.json", () => reconcileDocument(pass, claudeJsonKind(places, pass.config.isolate)));
  await attempt("settings.json", () => reconcileDocument(pass, settingsNow(pass)));
  await attempt("copies", () => mirrorIfCopied(pass, notes));
  await attempt("tree", async () => {
    const rewritten = liveTreePass(pass, final);
    if (rewritten.length > 0 && !isLinked(places)) await mirrorNow(pass, new Set(rewritten));
    return undefined;
  });
  await attempt("account", () => {
    if (final) notes.push(...withBaseGuard(pass.places, () => noteAccountChange(pass.places)));
    return undefined;
  });
  forgetParsed();
  forgetPrepared(pass.memory);
  return {
    again: waits.length === 0 ? undefined : Math.min(...waits),
    failed,
    notes: final ? [...failures, ...notes] : [],
  };
}

/**
 * Does what a pass will need, while the end of a burst of writes is waited for. Gives no file its name, and never throws: what fails
 * here fails in the pass again, and is said there. What it leaves is forgotten by the next pass, or by `forgetPrepared`.
 * Settings are left to it: they change seldom, and by overlays that another session may note meanwhile.
 * @param homeInFlight what another shim is about to make home's `.claude.json`
 */
export function preparePass({ places, config, look, memory }: Reconciled, homeInFlight?: string): void {
  forgetPrepared(memory);
  try {
    if (!isTreeAsOpened(places, look)) return;
    const seen = signatureOf(places.treeJson);
    if (isOwnerNoted(places)) memory.accountSeen = seen;
    const kind = claudeJsonKind(places, config.isolate);
    memory.prepared =
      homeInFlight === undefined
        ? prepareDocument(places, kind)
        : prepareForMerge(places, kind, homeInFlight);
  } catch {}
}

function inItsMode(places: Places): Places {
  return places.mode === undefined ? { ...places, mode: linkModeOf(places) } : places;
}

/** Before anything else of another account's login can come: a rotated token of it above all. */
function noteOwnerIfNew({ places, memory }: Pass): undefined {
  const seen = signatureOf(places.treeJson);
  if (seen !== undefined && seen === memory.accountSeen) return undefined;
  withBaseGuard(places, () => noteOwner(places));
  memory.accountSeen = seen;
  return undefined;
}

/** The overlay is the one that the last open applied: a config.toml that changed meanwhile waits for the next start. */
function settingsNow({ places, config }: Pass): DocumentKind {
  const applied = appliedOverlays(places);
  const { keepEnv: keep, isolate } = config;
  return settingsKind(places, { overlay: applied.at(-1) ?? {}, applied, keep, isolate });
}

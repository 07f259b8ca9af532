import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { isIdentitySetting } from "../identity-keys.ts";
import { equalJson } from "../json.ts";
import { leavesOf, valueAt } from "../merge/leaves.ts";
import { rememberAccount } from "./account.ts";
import {
  appliedOverlays,
  areApplied,
  noteApplied,
  noteBeforeApplying,
  type ProfileSettings,
} from "./applied-overlays.ts";
import { forgetCommonState, openBase, writeBaseIndex } from "./base.ts";
import { withSharedCleanup } from "./cleanup-period.ts";
import { type DocumentKind, judgeSide } from "./document.ts";
import { advanceBase, carryOutFresh, describe, isSettled, lookAt } from "./document-pass.ts";
import { documentKinds, isOwnDocument } from "./kinds.ts";
import { forgetParsed } from "./parse-once.ts";
import type { Places } from "./places.ts";
import type { Signature } from "./signature.ts";
import { untilStanding } from "./standing.ts";

export type OpenPass = {
  readonly places: Places;
  readonly settings: ProfileSettings;
  /** True where no other session and no daemon lives in the tree: nobody else writes its files now. */
  readonly alone: boolean;
  /** Asks whether a claude outside of the tree may be writing home's files now. */
  readonly othersWrite: () => boolean;
  /** Says one line to the log. */
  readonly say: (text: string) => void;
};

/**
 * The pass before claude starts: brings the tree up to date with home. It writes nothing on home's side, for which Claude's
 * locks would be needed: that follows after the spawn. Where another session lives in the tree its shim keeps the documents
 * in step; only a missing one and an overlay that is not there, which decides where a login is sent, can't wait for it.
 * @returns true where something is left to be carried
 * @throws ClauthError where the profile's own settings can't be applied: without them the wrong account might be used
 */
export function openPass(request: OpenPass): boolean {
  const { places, alone } = request;
  const settings = withSharedCleanup(places, request.settings);
  const pass = { ...request, settings };
  const base = openBase(places);
  const mustApply = !areApplied(places, settings, { alone });
  if (mustApply) noteBeforeApplying(places, settings);
  const kinds = documentKinds(places, { ...settings, applied: appliedOverlays(places) });

  let outstanding = false;
  let settled: Record<string, Signature> = { ...base.settled };
  for (const kind of kinds) {
    if (isOwnDocument(kind.name, settings.isolate)) forgetCommonState(places, kind.name);
    const urgent = kind.name === "settings.json" && (mustApply || lacksOverlay(pass));
    if (!urgent && isSettled(kind, base)) continue;
    const result = openUnlessItFails(pass, kind, urgent);
    if (urgent && lacksOverlay(pass)) throw overlayMissing(kind.tree);
    settled = { ...settled, ...result.settled };
    outstanding ||= result.outstanding;
  }
  if (mustApply) noteApplied(places, settings, { alone });
  writeBaseIndex(places, settled);
  forgetParsed();
  return outstanding;
}

type Opened = { readonly outstanding: boolean; readonly settled: Record<string, Signature> };

/** A document that can't be read or merged delays nothing: it is made up for after the spawn. */
function openUnlessItFails(pass: OpenPass, kind: DocumentKind, urgent: boolean): Opened {
  try {
    return openDocument(pass, kind, urgent);
  } catch (error) {
    if (urgent || !(error instanceof ClauthError)) throw error;
    pass.say(`${kind.name}: ${error.kind}: ${error.message}`);
    return { outstanding: true, settled: {} };
  }
}

/**
 * True where the tree's settings lack what decides the login or where it goes: Claude Code ignores a file that it can't
 * read, and would use another login of the profile, or send it elsewhere.
 * @throws ClauthError where that file can't be read
 */
function lacksOverlay({ places, settings: { overlay } }: OpenPass): boolean {
  const leaves = leavesOf(overlay);
  if (leaves.length === 0) return false;
  const tree = judgeSide(readRegularFile(places.treeSettings));
  if (tree.kind !== "ok") return true;
  return leaves.some(
    (key) => isIdentitySetting(key) && !equalJson(valueAt(tree.value, key), valueAt(overlay, key)),
  );
}

function overlayMissing(path: string): ClauthError {
  return new ClauthError({
    kind: "overlay_missing",
    message: `${path} lacks the profile's own settings, and another session may be writing it`,
    hint: `close that session (clauth sessions), or move ${path} away`,
    path,
  });
}

function openDocument(
  { places, alone, othersWrite, say }: OpenPass,
  kind: DocumentKind,
  urgent: boolean,
): Opened {
  const options = { rebuild: alone, deletion: () => (alone ? "carry" : "hold") } as const;
  const look = lookAt(places, kind, options);
  if (look.tree.kind === "ok") rememberAccount(places, kind.accountPart(look.tree.value));
  const needed = alone || urgent || look.tree.kind === "missing";
  if (!needed) return { outstanding: true, settled: {} };
  if (look.decision.tree !== undefined) say(`${kind.name}: ${describe(look, "tree")}`);
  const stands = alone && !(untilStanding(kind, ["home"]) > 0 && othersWrite());
  // Home may be written once more before the second look: what the tree was given is noted until the base has it.
  if (!stands || look.decision.tree !== undefined) carryOutFresh(places, kind, look, "tree");
  if (!stands) return { outstanding: true, settled: {} };
  const after = look.decision.tree === undefined ? look : lookAt(places, kind, options);
  return {
    outstanding: after.decision.home !== undefined,
    settled: advanceBase(places, kind, after),
  };
}

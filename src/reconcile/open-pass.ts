import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { ClauthError } from "../errors.ts";
import { rememberAccount } from "./account.ts";
import {
  appliedOverlays,
  areApplied,
  noteApplied,
  noteBeforeApplying,
  type ProfileSettings,
} from "./applied-overlays.ts";
import { openBase, writeBaseIndex } from "./base.ts";
import type { DocumentKind } from "./document.ts";
import { advanceBase, carryOut, isSettled, lookAt } from "./document-pass.ts";
import { documentKinds } from "./kinds.ts";
import type { Places } from "./places.ts";
import { MISSING, type Signature, signatureOf } from "./signature.ts";

export type OpenPass = {
  readonly places: Places;
  readonly settings: ProfileSettings;
  /** True where no other session and no daemon lives in the tree: nobody else writes its files now. */
  readonly alone: boolean;
  /** Says one line to the log. */
  readonly say: (text: string) => void;
};

/**
 * The pass before claude starts: brings the tree up to date with home. It writes nothing on home's side, for which Claude's
 * locks would be needed: that follows after the spawn. Where another session lives in the tree its shim keeps the documents
 * in step; only a missing one and a changed overlay, which decides where a login is sent, can't wait for it.
 * @returns true where something is left to be carried
 * @throws ClauthError where the profile's own settings can't be applied: without them the wrong account might be used
 */
export function openPass(pass: OpenPass): boolean {
  const { places, settings } = pass;
  const base = openBase(places);
  const mustApply = !areApplied(places, settings);
  if (mustApply) noteBeforeApplying(places, settings);
  const kinds = documentKinds(places, { ...settings, applied: appliedOverlays(places) });

  let outstanding = false;
  let settled: Record<string, Signature> = { ...base.settled };
  for (const kind of kinds) {
    const urgent = mustApply && kind.name === "settings.json";
    if (!urgent && isSettled(kind, base)) continue;
    const result = openUnlessItFails(pass, kind, urgent);
    settled = { ...settled, ...result.settled };
    outstanding ||= result.outstanding;
  }
  if (mustApply) noteApplied(places, settings);
  writeBaseIndex(places, settled);
  return outstanding;
}

type Opened = { readonly outstanding: boolean; readonly settled: Record<string, Signature> };

/** A document that can't be read or merged delays nothing: it is made up for after the spawn. */
function openUnlessItFails(pass: OpenPass, kind: DocumentKind, urgent: boolean): Opened {
  try {
    return openDocument(pass, kind, urgent);
  } catch (error) {
    if (urgent || lacksOverlay(pass, kind) || !(error instanceof ClauthError)) throw error;
    pass.say(`${kind.name}: ${error.kind}: ${error.message}`);
    return { outstanding: true, settled: {} };
  }
}

function lacksOverlay({ settings }: OpenPass, kind: DocumentKind): boolean {
  const isEmpty = Object.keys(settings.overlay).length === 0;
  return kind.name === "settings.json" && !isEmpty && signatureOf(kind.tree) === MISSING;
}

function openDocument({ places, alone }: OpenPass, kind: DocumentKind, urgent: boolean): Opened {
  if (alone) removeForeignLink(kind.tree);
  const options = { rebuild: alone, deletion: () => (alone ? "carry" : "hold") } as const;
  const look = lookAt(places, kind, options);
  if (look.tree.kind === "ok") rememberAccount(places, kind.accountPart(look.tree.value));
  const needed = alone || urgent || look.tree.kind === "missing";
  if (!needed) return { outstanding: true, settled: {} };
  carryOut(places, kind, look, "tree");
  if (!alone) return { outstanding: true, settled: {} };
  const after = look.decision.tree === undefined ? look : lookAt(places, kind, options);
  return {
    outstanding: after.decision.home !== undefined,
    settled: advanceBase(places, kind, after),
  };
}

/**
 * The Rust tool linked these documents: what was written to the tree's would reach home, the account's keys too. The link
 * goes, and the copy that takes its place begins as a missing one does.
 */
function removeForeignLink(path: string): void {
  attempt("unlink", path, () => {
    if (disk.lstatIfThere(path)?.isSymbolicLink() === true) disk.unlink(path);
  });
}

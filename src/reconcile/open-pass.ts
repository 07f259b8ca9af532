import { equalJson, type JsonObject } from "../json.ts";
import { rememberAccount } from "./account.ts";
import { appliedOverlays, rememberOverlays } from "./applied-overlays.ts";
import { openBase, writeBaseIndex } from "./base.ts";
import type { DocumentKind } from "./document.ts";
import { advanceBase, carryOut, isSettled, lookAt } from "./document-pass.ts";
import { documentKinds } from "./kinds.ts";
import type { Places } from "./places.ts";
import type { Signature } from "./signature.ts";

export type OpenPass = {
  readonly places: Places;
  /** Settings that come from the profile's config.toml. */
  readonly overlay: JsonObject;
  /** The profile's `keep_env`. */
  readonly keep: readonly string[];
  /** True where no other session and no daemon lives in the tree: nobody else writes its files now. */
  readonly alone: boolean;
};

/**
 * The pass before claude starts: brings the tree up to date with home. It writes nothing on home's side, for which Claude's
 * locks would be needed: that follows after the spawn. Where another session lives in the tree its shim keeps the documents
 * in step; only a missing one and a changed overlay, which decides where a login is sent, can't wait for it.
 * @returns true where something is left to be carried home
 */
export function openPass(pass: OpenPass): boolean {
  const { places, overlay } = pass;
  const base = openBase(places);
  const applied = appliedOverlays(places);
  const overlayChanged = !equalJson(applied, [overlay]);
  if (overlayChanged) rememberOverlays(places, [...applied, overlay]);
  const kinds = documentKinds(places, { overlay, applied, keep: pass.keep });

  let outstanding = false;
  let settled: Record<string, Signature> = { ...base.settled };
  for (const kind of kinds) {
    const urgent = kind.name === "settings.json" && overlayChanged;
    if (!urgent && isSettled(kind, base)) continue;
    const result = openDocument(pass, kind, urgent);
    settled = { ...settled, ...result.settled };
    outstanding ||= result.outstanding;
  }
  if (overlayChanged) rememberOverlays(places, [overlay]);
  writeBaseIndex(places, settled);
  return outstanding;
}

type Opened = { readonly outstanding: boolean; readonly settled: Record<string, Signature> };

function openDocument({ places, alone }: OpenPass, kind: DocumentKind, urgent: boolean): Opened {
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

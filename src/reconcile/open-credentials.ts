import {
  accountRefused,
  asksToWrite,
  type CredentialsLook,
  carryOutCredentials,
  lookAtCredentials,
} from "./credentials.ts";
import { readCredentialsMemory, writeCredentialsMemory } from "./credentials-base.ts";
import type { Places } from "./places.ts";
import { type Signature, signatureFrom } from "./signature.ts";

export type OpenCredentials = {
  readonly pin: string | undefined;
  /** True where no other session and no daemon lives in the tree. */
  readonly alone: boolean;
  /**
   * Asked to refuse a login that somebody else holds too: a canonical one that is not the one that was asked about last, and
   * `offered`, which stands in the tree and is about to become it.
   */
  readonly refuseShared?: (offered: Uint8Array | undefined) => void;
};

/**
 * Makes the tree show the profile's login before claude starts, and finishes what a killed shim left. Beside another
 * session nothing is taken from it: a file in the place of the link is a login as good, and its shim carries it home.
 * @returns true where something is left to be carried
 * @throws ClauthError `account_refused` where the tree shows another account's login than the pin's
 */
export function openCredentials(places: Places, { pin, alone, refuseShared }: OpenCredentials): boolean {
  const look = lookAtCredentials(places, { pin, ended: alone });
  const seen = look.canonical === undefined ? undefined : signatureFrom(look.canonical.stat);
  const isNew = seen === undefined || seen !== look.memory?.unshared;
  const offered = offeredBy(look);
  if (isNew || offered !== undefined) refuseShared?.(offered);
  const takes = look.tree.shown.kind === "file" || look.decision.do === "log-out";
  if (!alone && takes) {
    if (look.decision.do === "reject-account") throw accountRefused(places);
    return asksToWrite(look);
  }
  if (look.decision.do === "wait") return true;
  carryOutCredentials(places, look);
  if (isNew && refuseShared !== undefined) noteUnshared(places, seen);
  if (pin !== undefined && asksToWrite(look)) refuseOtherAccount(places, pin);
  return false;
}

function offeredBy({ decision }: CredentialsLook): Uint8Array | undefined {
  return decision.do === "adopt" && decision.login === "tree" ? decision.bytes : undefined;
}

/** What was carried out meanwhile has another signature, and is asked about by the next open. */
function noteUnshared(places: Places, unshared: Signature | undefined): void {
  const memory = readCredentialsMemory(places);
  if (memory !== undefined) writeCredentialsMemory(places, { ...memory, unshared });
}

/** The login that the tree shows by now was judged by its age alone. */
function refuseOtherAccount(places: Places, pin: string): void {
  const { decision } = lookAtCredentials(places, { pin, ended: true });
  if (decision.do === "reject-account") throw accountRefused(places);
}

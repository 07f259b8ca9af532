import { accountRefused, asksToWrite, carryOutCredentials, lookAtCredentials } from "./credentials.ts";
import type { Places } from "./places.ts";

export type OpenCredentials = {
  readonly pin: string | undefined;
  /** True where no other session and no daemon lives in the tree. */
  readonly alone: boolean;
};

/**
 * Makes the tree show the profile's login before claude starts, and finishes what a killed shim left. Beside another
 * session nothing is taken from it: a file in the place of the link is a login as good, and its shim carries it home.
 * @returns true where something is left to be carried
 * @throws ClauthError `account_refused` where the tree shows another account's login than the pin's
 */
export function openCredentials(places: Places, { pin, alone }: OpenCredentials): boolean {
  const look = lookAtCredentials(places, { pin, ended: alone });
  const takes = look.tree.shown.kind === "file" || look.decision.do === "log-out";
  if (!alone && takes) {
    if (look.decision.do === "reject-account") throw accountRefused(places);
    return asksToWrite(look);
  }
  if (look.decision.do === "wait") return true;
  carryOutCredentials(places, look);
  if (pin !== undefined && asksToWrite(look)) refuseOtherAccount(places, pin);
  return false;
}

/** The login that the tree shows by now was judged by its age alone. */
function refuseOtherAccount(places: Places, pin: string): void {
  const { decision } = lookAtCredentials(places, { pin, ended: true });
  if (decision.do === "reject-account") throw accountRefused(places);
}

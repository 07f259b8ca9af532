import { checkpoint } from "../checkpoint.ts";
import { log } from "../log.ts";
import { withBaseGuard } from "../reconcile/base-guard.ts";
import { openCredentials } from "../reconcile/open-credentials.ts";
import { openPass } from "../reconcile/open-pass.ts";
import type { Places } from "../reconcile/places.ts";
import { treePass } from "../reconcile/tree-pass.ts";
import type { LinkMode } from "../tree/forced-mode.ts";
import { othersMayWriteHome } from "./alone.ts";
import type { SessionRequest } from "./session.ts";
import { refuseChainOfOther, refuseOffered, refuseSharedChain } from "./shared-chain.ts";

export type Readied = {
  readonly mode: LinkMode;
  /** True where something was left to be carried home. */
  readonly outstanding: boolean;
  /** True where some entry of the tree could not be made what it should be, or waits until the tree is idle. */
  readonly imperfect: boolean;
};

/**
 * Brings tree, login and documents up to date with claude home. Only the tree and the login can stop it. The caller holds the state
 * lock.
 * @param now.alone true where nothing lives in the tree
 * @throws ClauthError
 */
export function makeReady(
  found: Places,
  { store, config, overlay }: Pick<SessionRequest, "store" | "config" | "overlay">,
  now: { readonly home: string; readonly forced: LinkMode | undefined; readonly alone: boolean },
): Readied {
  const { home, forced, alone } = now;
  refuseSharedChain(found);
  const { mode, deferred, skipped } = treePass(found, { isolate: config.isolate, idle: alone, forced });
  const places = { ...found, mode };
  checkpoint("tree-ready");
  const outstanding = withBaseGuard(places, () => {
    const login = openCredentials(places, {
      pin: config.account,
      alone,
      refuseShared: (offered) => {
        refuseChainOfOther(home, store, places);
        if (offered !== undefined) refuseOffered(home, store, places, offered);
      },
    });
    checkpoint("credentials-ready");
    const documents = openPass({
      places,
      settings: { overlay, keep: config.keepEnv, isolate: config.isolate },
      alone,
      othersWrite: () => othersMayWriteHome(places),
      say: (text) => log(store, places.profile, text),
    });
    return login || documents || deferred;
  });
  checkpoint("documents-ready");
  return { mode, outstanding, imperfect: deferred || skipped };
}

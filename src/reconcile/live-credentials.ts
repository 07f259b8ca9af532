import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import {
  type ClaudeLock,
  oauthRefreshLock,
  siblingLock,
  storageWriteLock,
  withClaudeLocks,
} from "../lock/claude-locks.ts";
import { withBaseGuard } from "./base-guard.ts";
import {
  asksToWrite,
  type CredentialsLook,
  carryOutCredentials,
  lookAtCredentials,
  replacesLogin,
} from "./credentials.ts";
import type { Places } from "./places.ts";

export type LiveCredentials = {
  readonly places: Places;
  readonly pin: string | undefined;
  readonly ended: boolean;
  readonly say: (text: string) => void;
};

/**
 * Carries a login between the tree and the canonical file while claude may be running, under Claude's own locks.
 * Carrying a refreshed token takes the storage lock alone: a stray refresh lock would cost every session of the tree 8 s.
 */
export async function reconcileCredentials({ places, pin, ended, say }: LiveCredentials): Promise<void> {
  const first = lookAtCredentials(places, { pin, ended });
  if (!asksToWrite(first)) return noteUnwritten(places, first, say);
  await withClaudeLocks(locksFor(places, first), (assertHeld) =>
    withBaseGuard(places, () => {
      const inside = lookAtCredentials(places, { pin, ended });
      if (replacesLogin(inside) && !replacesLogin(first)) return;
      assertHeld();
      carryOutCredentials(places, inside);
      say(`credentials: ${describe(inside)}`);
    }),
  );
}

/** A token that the server refused: its bytes are kept once, and the user is told when the session ends. */
function noteUnwritten(places: Places, look: CredentialsLook, say: (text: string) => void): void {
  if (look.decision.do === "dead") say("credentials: the server refused the token; log in again");
  if (look.decision.do !== "wait") withBaseGuard(places, () => carryOutCredentials(places, look));
}

function locksFor({ paths }: Places, look: CredentialsLook): readonly ClaudeLock[] {
  const write = storageWriteLock(paths.runtime);
  if (!replacesLogin(look)) return [write];
  return [oauthRefreshLock(paths.runtime), siblingLock(realPathOf(paths.runtime)), write];
}

function realPathOf(path: string): string {
  return attempt("resolve", path, () => disk.realpath(path));
}

function describe({ decision }: CredentialsLook): string {
  switch (decision.do) {
    case "adopt":
      return decision.login === "tree"
        ? "carried the tree's login home"
        : "kept the login, joined other blocks";
    case "log-out":
      return "carried the logout; the login is in backups";
    case "reject-account":
      return "kept out a login of another account; it is in backups";
    default:
      return "linked again";
  }
}

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
import { readCredentialsMemory, writeCredentialsMemory } from "./credentials-base.ts";
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
 * @returns lines for the user
 */
export async function reconcileCredentials(live: LiveCredentials): Promise<readonly string[]> {
  const { places, pin, ended, say } = live;
  const first = lookAtCredentials(places, { pin, ended });
  if (!asksToWrite(first)) return withBaseGuard(places, () => noteUnwritten(live, first));
  await withClaudeLocks(locksFor(places, first), (assertHeld) =>
    withBaseGuard(places, () => {
      const inside = lookAtCredentials(places, { pin, ended });
      if (replacesLogin(inside) && !replacesLogin(first)) return;
      assertHeld();
      carryOutCredentials(places, inside);
      if (asksToWrite(inside)) say(`credentials: ${describe(inside)}`);
    }),
  );
  return [];
}

/** A token that the server refused: its bytes are kept, and the user is told once, when the session has ended. */
function noteUnwritten({ places, ended, say }: LiveCredentials, look: CredentialsLook): readonly string[] {
  carryOutCredentials(places, look);
  const memory = readCredentialsMemory(places);
  const isNews =
    look.decision.do === "dead" && memory !== undefined && memory.refused !== memory.canonicalHash;
  if (!ended || !isNews) return [];
  writeCredentialsMemory(places, { ...memory, refused: memory.canonicalHash });
  say("credentials: the server refused the token");
  return [
    `the server refused the login of profile "${places.profile}"; log in again: clauth login ${places.profile}`,
  ];
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

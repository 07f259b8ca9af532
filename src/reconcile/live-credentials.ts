import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { ClauthError } from "../errors.ts";
import {
  type ClaudeLock,
  oauthRefreshLock,
  siblingLock,
  storageWriteLock,
  withClaudeLocks,
} from "../lock/claude-locks.ts";
import { keepForQuarantine } from "../quarantine.ts";
import { withBaseGuard } from "./base-guard.ts";
import {
  asksToWrite,
  type CredentialsLook,
  carryAhead,
  carryOutCredentials,
  forgetAhead,
  lookAtCredentials,
  replacesLogin,
} from "./credentials.ts";
import { memoryFileOf, readCredentialsMemory, writeCredentialsMemory } from "./credentials-base.ts";
import { isAsSeen, type Look } from "./look.ts";
import { lookAtFiles } from "./look-at-files.ts";
import type { PassMemory } from "./pass.ts";
import type { Places } from "./places.ts";

export type LiveCredentials = {
  readonly places: Places;
  readonly pin: string | undefined;
  readonly ended: boolean;
  readonly memory: PassMemory;
  readonly say: (text: string) => void;
};

/**
 * Carries a login between the tree and the canonical file while claude may be running, under Claude's own locks.
 * Carrying a refreshed token takes the storage lock alone: a stray refresh lock would cost every session of the tree 8 s.
 * @returns lines for the user
 */
export async function reconcileCredentials(live: LiveCredentials): Promise<readonly string[]> {
  const { places, memory, say } = live;
  if (isAtRest(live)) return [];
  const seen = lookAtLogin(places);
  const first = look(live);
  if (!asksToWrite(first)) {
    const lines = withBaseGuard(places, () => noteUnwritten(live));
    if (lines !== undefined) {
      memory.loginAtRest = isLinkedInPeace(first) ? seen : undefined;
      return lines;
    }
  }
  const before = asksToWrite(first) ? first : look(live);
  const ahead = carryAhead(places, before);
  const done = await withClaudeLocks(locksFor(places, before), (assertHeld) =>
    withBaseGuard(places, () => {
      const inside = look(live);
      if (replacesLogin(inside) && !replacesLogin(before)) return undefined;
      assertHeld();
      carryOutCredentials(places, inside, ahead);
      if (asksToWrite(inside)) say(`credentials: ${describe(inside)}`);
      return inside.decision;
    }),
  ).finally(() => forgetAhead(ahead));
  if (done?.do === "adopt" && !live.ended) keepForNextTime(places, done.bytes);
  return [];
}

/** Of a tree with the right link nothing else is asked for than these files, unless the profile is pinned to an account. */
function isAtRest({ places, pin, ended, memory: { loginAtRest } }: LiveCredentials): boolean {
  if (ended || pin !== undefined || places.lookAtTree !== undefined) return false;
  return loginAtRest !== undefined && isAsSeen(loginAtRest);
}

function lookAtLogin(places: Places): Look {
  return lookAtFiles([places.paths.credentials, memoryFileOf(places)], [places.treeCredentials]);
}

function isLinkedInPeace({ tree, decision }: CredentialsLook): boolean {
  return tree.shown.kind === "link-ok" && decision.do === "nothing";
}

/** Claude refreshes it in some hours. What fails here is done then. */
function keepForNextTime({ paths }: Places, login: Uint8Array): void {
  try {
    keepForQuarantine(paths, login);
  } catch (error) {
    if (!(error instanceof ClauthError)) throw error;
  }
}

function look({ places, pin, ended }: LiveCredentials): CredentialsLook {
  return lookAtCredentials(places, { pin, ended });
}

/**
 * Looks again, because another shim may have carried a newer login while the guard was waited for: what is remembered must not
 * go back behind it. A token that the server refused: its bytes are kept, and the user is told once, when the session has ended.
 * @returns lines for the user; undefined where there is something to write by now
 */
function noteUnwritten(live: LiveCredentials): readonly string[] | undefined {
  const { places, ended, say } = live;
  const inside = look(live);
  if (asksToWrite(inside)) return undefined;
  carryOutCredentials(places, inside);
  const memory = readCredentialsMemory(places);
  const isNews =
    inside.decision.do === "dead" && memory !== undefined && memory.refused !== memory.canonicalHash;
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

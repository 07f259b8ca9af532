import { checkpoint } from "../checkpoint.ts";
import { statFile } from "../disk/read-file.ts";
import { stateLock, withStoreLock } from "../lock/store-lock.ts";
import { log } from "../log.ts";
import { isAsSeen, isTreeAsOpened, treeReplaced } from "../reconcile/look.ts";
import { asClauthError } from "../report.ts";
import { dropCodePages } from "../run/drop-code-pages.ts";
import { exitOf } from "../run/exit.ts";
import { livesAlone } from "./alone.ts";
import type { LastPass } from "./last-pass.ts";
import type { noteRest } from "./note-rest.ts";
import type { Reconciler } from "./reconciler.ts";
import { abandonRecord, isStillRecorded, releaseRecord } from "./record.ts";
import type { Session } from "./session.ts";

/**
 * Closes a clauth session: no more watching, the last pass, the release of its record. Where nothing changed since the open
 * nothing is read, written or loaded. Never throws: claude has ended and its status stands. What could not be done is said,
 * and the next start makes up for it.
 * @param ended resolves when claude has ended, to what was watching meanwhile
 * @returns lines for the user
 */
export async function finalize(
  session: Session,
  ended: Promise<Reconciler | undefined> | Reconciler | undefined,
): Promise<readonly string[]> {
  const reconciler = await ended;
  checkpoint("child-exited");
  if (reconciler !== undefined) await reconciler.stop();
  const unchanged = isUnchanged(session);
  if (!unchanged && !isThere(session)) return leaveUntouched(session);
  const first = unchanged ? NOTHING_TO_DO : await lastPassOf(session);
  checkpoint("before-release");
  const tell = isTold(session, first) ? undefined : await loadNoteRest();
  if (release(session, { unlessLast: !first.alone, tell })) return first.lines;
  const second = isUnchanged(session) ? NOTHING_TO_DO : await lastPassOf(session);
  release(session, {
    unlessLast: false,
    tell: isTold(session, second) ? undefined : await loadNoteRest(),
  });
  return [...first.lines, ...second.lines];
}

/** Then the tree is there too: its directory and all names in it are what they were. */
function isUnchanged({ outstanding, look }: Session): boolean {
  return !outstanding && isAsSeen(look);
}

/**
 * Does once as much of an end as changes nothing, while claude runs and nobody waits for us: what a process does for the first time
 * takes twice as long. The code of Bun that only the start needed goes before that, and what is used here comes back.
 */
export function rehearse(session: Session): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      try {
        dropCodePages();
        isUnchanged(session);
        isStillRecorded(session.record);
        exitOf(0);
        // A signal that came for nothing, or was late: its listener asks which child it was.
        process.emit("SIGCHLD", "SIGCHLD");
      } catch {
        // What fails now fails at the end too, and is dealt with there.
      }
      resolve();
    });
  });
}

/** Unknown counts as there: the passes say what they can't read. */
function isThere({ places, look }: Session): boolean {
  try {
    return isTreeAsOpened(places, look);
  } catch {
    return true;
  }
}

/** Whatever would be written now would bring back what somebody removed, or reach another directory than the profile's. */
function leaveUntouched(session: Session): readonly string[] {
  if (statFile(session.record.path) === undefined) abandonRecord(session.record);
  else release(session, { unlessLast: false });
  return [treeReplaced(session.places)];
}

async function lastPassOf(session: Session): Promise<LastPass> {
  try {
    const { lastPass } = await import("./last-pass.ts");
    return await lastPass(session, session.record);
  } catch (error) {
    return failed(session, error);
  }
}

const NOTHING_TO_DO: LastPass = { alone: true, lines: [], complete: true };

/** False where there is news of what the next open may pass over. */
function isTold(session: Session, last: LastPass): boolean {
  return last === NOTHING_TO_DO ? session.atRest || session.imperfect : !last.complete;
}

async function loadNoteRest(): Promise<typeof noteRest> {
  const { noteRest } = await import("./note-rest.ts");
  return noteRest;
}

function failed({ store, places }: Session, error: unknown): LastPass {
  const { message } = asClauthError(error);
  log(store, places.profile, `final pass: ${message}`);
  return {
    alone: true,
    lines: [`could not carry everything home: ${message}; the next start tries again`],
    complete: false,
  };
}

/**
 * Ends the session. Two that end at the same time each leave to the other what only the last one out may carry: so the one
 * that releases its record later finds itself the last, and is sent back. Where the state lock is busy the record stays
 * behind, unlocked: the next open prunes it. One that asks for nobody else and tells nothing needs no lock: whoever holds it sees that this
 * session lives, or that it is over, as if it had been killed.
 * @returns false where the session is not ended, because it is the last one now
 */
function release(
  session: Session,
  { unlessLast, tell }: { readonly unlessLast: boolean; readonly tell?: typeof noteRest | undefined },
): boolean {
  const { store, places, record } = session;
  try {
    if (!unlessLast && tell === undefined) {
      releaseRecord(record);
      return true;
    }
    return withStoreLock(stateLock(store), { waitMs: RELEASE_WAIT_MS }, () => {
      if (unlessLast && livesAlone(places.paths, record.path)) return false;
      tell?.(session);
      releaseRecord(record);
      return true;
    });
  } catch {
    abandonRecord(record);
    return true;
  }
}

const RELEASE_WAIT_MS = 250;

import { checkpoint } from "../checkpoint.ts";
import type { Context } from "../context.ts";
import { log } from "../log.ts";
import { asClauthError, notice } from "../report.ts";
import type { Exit } from "../run/exit.ts";
import { type Running, startForeground } from "../run/foreground.ts";
import type { Inherited } from "../run/inherited.ts";
import type { Launch } from "../run/launch.ts";
import { finalize, rehearse } from "./finalize.ts";
import type { Reconciler, WatchCopies } from "./reconciler.ts";
import { releaseRecord, updateRecord } from "./record.ts";
import type { Session } from "./session.ts";

/**
 * Starts claude in a session that is open, waits beside it and finalizes.
 * @returns how claude ended, whatever finalize met with
 * @throws ClauthError where claude can't be started
 */
export async function runBesideClaude(
  context: Pick<Context, "env" | "stderr">,
  session: Session,
  launch: Launch,
  inherited: Inherited,
): Promise<Exit> {
  checkpoint("before-spawn");
  const { pid, exited } = startClaude(session, launch, inherited) ?? (await startLate(session, launch));
  checkpoint("spawned");
  await rehearse(session);
  const ended = exited();
  // Called while claude runs, because nobody waits for that: a function's first call reads its code.
  for (const line of await finalize(session, besideClaude(session, pid, ended))) notice(context, line);
  return ended;
}

function startClaude(session: Session, launch: Launch, inherited: Inherited): Running | undefined {
  const lock = { from: session.record.fd, to: lockDescriptor(inherited) };
  // One that was listed and is the record's by now was never the caller's.
  const descriptors: { readonly from: number; readonly to: number }[] = [];
  for (const one of launch.descriptors) if (one.from !== lock.from) descriptors.push(one);
  descriptors.push(lock);
  const { path, argv, environment } = launch;
  return startForeground({ path, argv, environment, descriptors }, inherited.ignoredSignals());
}

/** Loaded where it is needed, which is on Windows, and where there will be no claude. */
async function startLate(session: Session, launch: Launch): Promise<Running> {
  const { startOtherwise } = await import("../run/start-otherwise.ts");
  try {
    return startOtherwise(launch);
  } catch (error) {
    releaseRecord(session.record);
    throw error;
  }
}

/**
 * The number under which claude holds the session lock: none that the caller uses, and above 3, so that claude itself, a
 * Bun program, does not hand it on to what it starts (it marks 4 and up close-on-exec, measured on 2.1.197 and 2.1.329).
 */
function lockDescriptor({ descriptors }: Inherited): number {
  let number = 10;
  while (descriptors.includes(number)) number += 1;
  return number;
}

/**
 * What is done once claude runs, when it has had the processor to itself for its own start: a short call needs none of it.
 * Whatever fails here is in the log: claude goes on.
 * @returns what was begun, when claude has ended
 */
async function besideClaude(
  session: Session,
  claudePid: number,
  ended: Promise<Exit>,
): Promise<Reconciler | undefined> {
  let reconciler: Promise<Reconciler | undefined> | undefined;
  const timer = setTimeout(() => {
    reconciler = startBeside(session, claudePid).catch((error: unknown) => {
      log(session.store, session.places.profile, `while claude runs: ${asClauthError(error).message}`);
      return undefined;
    });
  }, START_OF_CLAUDE_MS);
  await ended;
  clearTimeout(timer);
  return reconciler;
}

const START_OF_CLAUDE_MS = 250;

async function startBeside(session: Session, claudePid: number): Promise<Reconciler> {
  const { startReconciler } = await import("./reconciler.ts");
  updateRecord(session.record, { claudePid });
  const reconciler = startReconciler(session, await watchCopiesOf(session));
  // The start of the watches needed more code.
  await rehearse(session);
  return reconciler;
}

async function watchCopiesOf({ places, config }: Session): Promise<WatchCopies | undefined> {
  if (places.mode === "symlink") return undefined;
  const { watchCopies } = await import("../reconcile/mirror-tree.ts");
  return (wake) => watchCopies(places, config.isolate, wake);
}

import type { Context } from "../context.ts";
import { existsSync } from "../fs.ts";
import { type Places, placesWithLogin } from "../reconcile/places.ts";
import { trace } from "../report.ts";
import type { Exit } from "../run/exit.ts";
import type { Inherited } from "../run/inherited.ts";
import type { Launch } from "../run/launch.ts";
import { runBesideClaude } from "./beside-claude.ts";
import { openAtRest } from "./open-at-rest.ts";
import type { Session, SessionRequest } from "./session.ts";

/**
 * Runs claude in a clauth session: open, wait beside it, finalize.
 * @returns how claude ended, whatever finalize met with
 * @throws ClauthError where the session can't be opened or claude can't be started
 */
export async function runSession(
  context: Context,
  request: SessionRequest,
  launch: Launch,
  inherited: Inherited,
): Promise<Exit> {
  const places = await placesWithLogin(context, request.store, request.name);
  await settleBeforeNewMode(context, request, places);
  const session = openAtRest(context, request, places) ?? (await openWithPasses(context, request, places));
  if (session.atRest)
    trace(context, "nothing changed since the last session ended: the tree is not verified");
  await fillIfCopied(context, session);
  return runBesideClaude(context, session, launch, inherited);
}

/** Only where the tree has copies. */
export async function settleBeforeNewMode(
  context: Pick<Context, "cwd" | "env" | "home" | "platform">,
  request: SessionRequest,
  places: Places,
): Promise<void> {
  if (!existsSync(places.paths.mirrorIndex)) return;
  const { settleMode } = await import("./settle-mode.ts");
  await settleMode(context, request, places);
}

async function openWithPasses(context: Context, request: SessionRequest, places: Places): Promise<Session> {
  const { openSession } = await import("./open.ts");
  return openSession(context, request, places);
}

/** A tree of copies has to hold them before claude looks. */
async function fillIfCopied(context: Context, session: Session): Promise<void> {
  if (session.places.mode === "symlink") return;
  const { fillTree } = await import("./fill-tree.ts");
  fillTree(session, context);
}

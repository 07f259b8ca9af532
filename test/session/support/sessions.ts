import { writeFileSync } from "node:fs";
import type { JsonObject } from "../../../src/json.ts";
import { type ProfileConfig, readProfileConfig } from "../../../src/profile/profile-config.ts";
import { fillTree } from "../../../src/session/fill-tree.ts";
import { openSession } from "../../../src/session/open.ts";
import { openAtRest } from "../../../src/session/open-at-rest.ts";
import type { OpenContext, Session, SessionRequest } from "../../../src/session/session.ts";
import { loginText } from "../../reconcile/support/logins.ts";
import { createProfileHome, type ProfileHome, put } from "../../reconcile/support/profile-home.ts";
import { LINK_MODE_ENV } from "../../support/link-mode.ts";

export const LOGIN = loginText("A");

/** A user with a claude home, and a profile that has a login. */
export function createLoggedIn(config: Partial<ProfileConfig> = {}): ProfileHome {
  const box = createProfileHome(config);
  put(box.places.homeJson, { numStartups: 1 });
  put(box.places.claude.settings, { theme: "dark" });
  writeFileSync(box.places.paths.credentials, LOGIN, { mode: 0o600 });
  return box;
}

/** Opens a session of the profile with all passes, in the link mode that is tested. */
export function openIn(box: ProfileHome, overlay: JsonObject = {}): Session {
  return openWithPasses(contextOf(box), requestOf(box, overlay));
}

/** The same as a shim does: by config.toml as it stands, and without the passes where the tree is at rest. */
export function openAsShim(box: ProfileHome, context: Partial<OpenContext> = {}): Session {
  const call = { ...contextOf(box), ...context };
  const request = { ...requestOf(box), config: readProfileConfig(box.places.paths) };
  return openAtRest(call, request, box.places) ?? openWithPasses(call, request);
}

function openWithPasses(context: OpenContext, request: SessionRequest): Session {
  const session = openSession(context, request);
  if (session.places.mode !== "symlink") fillTree(session);
  return session;
}

function contextOf({ home }: ProfileHome): OpenContext {
  return { home, cwd: "/project", env: LINK_MODE_ENV, executable: process.execPath };
}

function requestOf({ store, places, reconciled }: ProfileHome, overlay: JsonObject = {}): SessionRequest {
  return { store, name: places.profile, config: reconciled.config, overlay };
}

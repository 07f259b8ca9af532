import { writeFileSync } from "node:fs";
import type { JsonObject } from "../../../src/json.ts";
import type { ProfileConfig } from "../../../src/profile/profile-config.ts";
import { fillTree } from "../../../src/session/fill-tree.ts";
import { openSession, type Session } from "../../../src/session/open.ts";
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

/** Opens a session of the profile as its shim does, in the link mode that is tested. */
export function openIn({ home, store, places, reconciled }: ProfileHome, overlay: JsonObject = {}): Session {
  const request = { store, name: places.profile, config: reconciled.config, overlay };
  const session = openSession({ home, cwd: "/project", env: LINK_MODE_ENV }, request);
  if (session.places.mode !== "symlink") fillTree(session);
  return session;
}

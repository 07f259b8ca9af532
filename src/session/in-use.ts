import { ClauthError } from "../errors.ts";
import type { ProfilePaths } from "../paths.ts";
import type { ProfileName } from "../profile-name.ts";
import { livesAlone } from "./alone.ts";
import { daemonLives } from "./daemon.ts";

/**
 * Refuses what must not happen under a living claude. The caller holds the state lock.
 * @throws ClauthError `profile_in_use`
 */
export function refuseInUse(name: ProfileName, paths: ProfilePaths): void {
  if (livesAlone(paths)) return;
  const daemon = daemonLives(paths);
  throw new ClauthError({
    kind: "profile_in_use",
    message: `${daemon ? "background agents of Claude Code run" : "claude runs"} under profile "${name}"`,
    hint: daemon
      ? `clauth run ${name} -- daemon stop --any`
      : "end it (`clauth sessions` shows where), then try again",
    path: paths.sessions,
  });
}

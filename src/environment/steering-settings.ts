import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { projectFiles } from "./overrides.ts";
import { type Override, steeringIn } from "./settings-tier.ts";

/**
 * Under `trust = "allow"` a project picks no account before the user has allowed it; its settings would, for every claude
 * that is started inside, by a variable of ours in their `env`.
 * @param place.cwd, place.home with every symlink resolved
 * @param keep the profile's `keep_env`
 * @throws ClauthError `settings_steer_clauth`
 */
export function refuseSteering(place: Pick<Context, "cwd" | "home">, keep: readonly string[]): void {
  if (place.cwd === place.home) return;
  const [first] = projectFiles(place).flatMap((file) => steeringIn(file, keep));
  if (first !== undefined) throw refused(first);
}

function refused({ file, key }: Override): ClauthError {
  const name = key.replace(/^env\./, "");
  return new ClauthError({
    kind: "settings_steer_clauth",
    message: `${key} of ${file} would steer every claude that is started inside, past trust = "allow"`,
    hint: `take it out of ${file}, or allow it in the profile's config.toml: keep_env = ["${name}"]`,
    path: file,
  });
}

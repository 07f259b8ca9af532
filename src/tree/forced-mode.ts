import type { Environment } from "../context.ts";
import { ClauthError } from "../errors.ts";

/**
 * How entries of claude home appear in the tree: each as a symlink; directories as junctions of Windows (absolute links, which
 * need no privilege) and files as copies; or all as copies.
 */
export type LinkMode = "symlink" | "junction" | "copy";

/**
 * What CLAUTH_LINK_MODE asks for.
 * @throws ClauthError `link_mode_invalid`
 */
export function forcedLinkMode(env: Environment): LinkMode | undefined {
  const asked = env["CLAUTH_LINK_MODE"] || undefined;
  if (asked === undefined || isLinkMode(asked)) return asked;
  throw new ClauthError({
    kind: "link_mode_invalid",
    message: `CLAUTH_LINK_MODE is ${JSON.stringify(asked)}, which is no link mode`,
    hint: "set it to symlink, junction or copy, or unset it",
  });
}

export function isLinkMode(value: unknown): value is LinkMode {
  return value === "symlink" || value === "junction" || value === "copy";
}

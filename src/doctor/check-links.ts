import type { Context } from "../context.ts";
import { profilePathsOf, type Store } from "../paths.ts";
import { findProfiles } from "../profile/profiles.ts";
import { unsetting } from "../shell-line.ts";
import { forcedLinkMode, type LinkMode } from "../tree/forced-mode.ts";
import type { ModeChoice } from "../tree/link-mode.ts";
import { readManifest } from "../tree/manifest.ts";
import { attempted, type Finding } from "./finding.ts";

const check = "links";

/** How each tree shares `~/.claude`, and why: as the last open left it. */
export function checkLinks(
  { env, platform }: Pick<Context, "env" | "platform">,
  store: Store,
): readonly Finding[] {
  return attempted(check, () => {
    const forced = forcedLinkMode(env);
    const choices = findProfiles(store).flatMap((name) => {
      const manifest = readManifest(profilePathsOf(store, name));
      return manifest === undefined ? [] : [{ name, ...manifest }];
    });
    const others = choices.filter(({ mode }) => mode !== "symlink").map(described);
    // Windows tells only when a link is tried, at the first start of a profile.
    const nothingSaid = choices.length === 0 && platform !== "win32";
    const linked = others.length < choices.length || nothingSaid ? [ALL_LINKED] : [];
    return [...linked, ...others, ...choices.flatMap((choice) => toCome(choice, forced))];
  });
}

const ALL_LINKED: Finding = {
  check,
  level: "ok",
  message: "profiles share ~/.claude by symbolic links, which need no privilege here",
};

type Tree = ModeChoice & { readonly name: string };

function described({ name, mode, forced }: Tree): Finding {
  const why = forced ? "as CLAUTH_LINK_MODE asked for" : WHY_NOT[mode];
  return { check, level: "ok", message: `profile "${name}" shares ~/.claude by ${HOW[mode]}: ${why}` };
}

const HOW: Record<LinkMode, string> = {
  symlink: "symbolic links",
  junction: "junctions, and files as copies that are kept equal",
  copy: "copies that are kept equal",
};

const WHY_NOT: Record<LinkMode, string> = {
  symlink: "they need no privilege here",
  junction: "there is no privilege for symbolic links (developer mode of Windows gives it)",
  copy: "its file system has no links that could be made",
};

function toCome({ name, mode, forced: wasForced }: Tree, forced: LinkMode | undefined): readonly Finding[] {
  if (forced === mode) return [];
  if (forced === undefined) {
    // There is none better than symbolic links.
    if (!wasForced || mode === "symlink") return [];
    const message = `profile "${name}" changes to the best that its file system can do at its next start, because CLAUTH_LINK_MODE is not set`;
    return [{ check, level: "warning", message, hint: `to keep it as it is: set CLAUTH_LINK_MODE=${mode}` }];
  }
  const message = `profile "${name}" changes to ${HOW[forced]} at its next start, because of CLAUTH_LINK_MODE`;
  return [
    { check, level: "warning", message, hint: `to keep it as it is: ${unsetting("CLAUTH_LINK_MODE")}` },
  ];
}

import type { Config, Rule } from "../config/config.ts";
import { lineOfRule } from "../config/config-lines.ts";
import { isInside, realPath } from "../disk/real-path.ts";
import { ClauthError } from "../errors.ts";
import { join } from "../path.ts";

/** As much of clauth.toml as a match, and a complaint about it, go by. */
export type Rules = Pick<Config, "rules" | "text">;

/**
 * The rule with the longest directory that holds `cwd`, by whole path segments of real paths; the order in the file does not count.
 * One that does not exist matches nothing.
 * @param where.cwd with every symlink resolved
 * @throws ClauthError `rules_disagree` where two rules name that directory with different profiles.
 */
export function matchDirectory(
  config: Rules,
  where: { readonly cwd: string; readonly home: string },
): Rule | undefined {
  const scored: Scored[] = [];
  for (const rule of config.rules) {
    if (rule.kind !== "directory") continue;
    const directory = directoryOf(rule, where.home);
    if (isInside(where.cwd, directory)) scored.push({ rule, score: directory.length });
  }
  return strongest(config, scored);
}

/** The directory of a rule, with every symlink resolved. */
export function directoryOf({ pattern }: Rule, home: string): string {
  return realPath(expandHome(pattern, home));
}

/**
 * The rule whose pattern matches a remote (`host/owner/repository`, as git-remote.ts writes it) with the most
 * characters that are no `*`.
 * @throws ClauthError `rules_disagree` as above.
 */
export function matchRemote(config: Rules, remotes: readonly string[]): Rule | undefined {
  const scored = config.rules
    .filter(
      (rule) => rule.kind === "remote" && remotes.some((remote) => matchesPattern(remote, rule.pattern)),
    )
    .map((rule) => ({ rule, score: rule.pattern.replaceAll("*", "").length }));
  return strongest(config, scored);
}

/**
 * Segment by segment, without regard to case: a `*` stands for any part of one segment, a last segment `*` for one or
 * more; a pattern of fewer segments matches what is below it, as a directory does.
 */
export function matchesPattern(remote: string, pattern: string): boolean {
  const parts = remote.toLowerCase().split("/");
  const patterns = pattern.toLowerCase().split("/");
  return (
    patterns.length <= parts.length &&
    patterns.every((glob, index) => matchesSegment(parts[index] ?? "", glob))
  );
}

function matchesSegment(part: string, glob: string): boolean {
  const [first = "", ...rest] = glob.split("*");
  const last = rest.pop();
  if (last === undefined) return part === first;
  if (!part.startsWith(first)) return false;
  let offset = first.length;
  for (const piece of rest) {
    const at = part.indexOf(piece, offset);
    if (at === -1) return false;
    offset = at + piece.length;
  }
  return part.length - last.length >= offset && part.endsWith(last);
}

type Scored = { readonly rule: Rule; readonly score: number };

/** Loops, because most starts have nothing to compare: the first call of a built-in such as `reduce` is compiled (Bun 1.4.5). */
function strongest(config: Rules, scored: readonly Scored[]): Rule | undefined {
  let best: Scored | undefined;
  for (const one of scored) if (best === undefined || one.score > best.score) best = one;
  for (const { rule, score } of scored)
    if (best !== undefined && score === best.score && rule.profile !== best.rule.profile)
      throw disagree(config, [best.rule, rule]);
  return best?.rule;
}

function disagree(config: Rules, rules: readonly Rule[]): ClauthError {
  const lines = rules.map((rule) => lineOfRule(config, rule) ?? "?");
  return new ClauthError({
    kind: "rules_disagree",
    message: `the rules at lines ${lines.join(" and ")} of clauth.toml match equally and name different profiles`,
    hint: "clauth rule list, then clauth rule remove PATTERN",
  });
}

function expandHome(pattern: string, home: string): string {
  return pattern === "~" || pattern.startsWith("~/") ? join(home, pattern.slice(1)) : join(pattern);
}

import type { Rule } from "../config/config.ts";
import { isInside } from "../disk/real-path.ts";
import { ClauthError } from "../errors.ts";
import { realpathSync } from "../fs.ts";
import { join } from "../path.ts";

/** A directory rule with its directory resolved: absolute, without symlinks. */
export type ResolvedRule = { readonly rule: Rule; readonly directory: string };

/** Resolves what the directory rules name; a directory that does not exist keeps its spelling and matches nothing. */
export function resolveDirectories(rules: readonly Rule[], home: string): ResolvedRule[] {
  const resolved: ResolvedRule[] = [];
  for (const rule of rules)
    if (rule.kind === "directory")
      resolved.push({ rule, directory: realPath(expandHome(rule.pattern, home)) });
  return resolved;
}

/**
 * The rule with the longest directory that holds `cwd`, by whole path segments; the order in the file does not count.
 * @throws ClauthError `rules_disagree` where two rules name that directory with different profiles.
 */
export function matchDirectory(rules: readonly ResolvedRule[], cwd: string): Rule | undefined {
  const scored: Scored[] = [];
  for (const { rule, directory } of rules)
    if (isInside(cwd, directory)) scored.push({ rule, score: directory.length });
  return strongest(scored);
}

/**
 * The rule whose pattern matches a remote (`host/owner/repository`, as git-remote.ts writes it) with the most
 * characters that are no `*`.
 * @throws ClauthError `rules_disagree` as above.
 */
export function matchRemote(rules: readonly Rule[], remotes: readonly string[]): Rule | undefined {
  const scored = rules
    .filter(
      (rule) => rule.kind === "remote" && remotes.some((remote) => matchesPattern(remote, rule.pattern)),
    )
    .map((rule) => ({ rule, score: rule.pattern.replaceAll("*", "").length }));
  return strongest(scored);
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
function strongest(scored: readonly Scored[]): Rule | undefined {
  let best: Scored | undefined;
  for (const one of scored) if (best === undefined || one.score > best.score) best = one;
  for (const { rule, score } of scored)
    if (best !== undefined && score === best.score && rule.profile !== best.rule.profile)
      throw disagree(best.rule, rule);
  return best?.rule;
}

function disagree(a: Rule, b: Rule): ClauthError {
  const lines = [a, b].map(({ line }) => line ?? "?").sort();
  return new ClauthError({
    kind: "rules_disagree",
    message: `the rules at lines ${lines.join(" and ")} of clauth.toml match equally and name different profiles`,
    hint: "clauth rule list, then clauth rule remove PATTERN",
  });
}

function expandHome(pattern: string, home: string): string {
  return pattern === "~" || pattern.startsWith("~/") ? join(home, pattern.slice(1)) : join(pattern);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

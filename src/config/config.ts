import { readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { nodePath } from "../path.ts";
import type { Store } from "../paths.ts";
import { shellWord } from "../shell-line.ts";
import { decodeUtf8 } from "../utf8.ts";
import { type Choice, choiceFrom } from "./choice.ts";
import { complaintAboutOwner } from "./ownership.ts";
import { isTable, parseToml, type Statement, statementsOf, type Table, topLevel } from "./toml.ts";

/** `clauth.toml`: what the user decided about all profiles. */
export type Config = {
  readonly default: Choice | undefined;
  readonly defaultLine: number | undefined;
  /** "allow": a `.clauthrc` counts only after `clauth allow`. */
  readonly trust: "owned" | "allow";
  /** The real claude, absolute or below `~`, where PATH should not decide. */
  readonly claude: string | undefined;
  /** True where the lines about removed variables are not wanted. */
  readonly quiet: boolean;
  readonly rules: readonly Rule[];
};

export type Rule = {
  readonly kind: "directory" | "remote";
  /** As written: `~/work`, or `github.com/acme/*`. */
  readonly pattern: string;
  readonly profile: Choice;
  /** 1-based line in `clauth.toml`; undefined only for a text that nobody wrote by lines. */
  readonly line: number | undefined;
};

/**
 * Reads `clauth.toml`; a missing one means the defaults. A key that we don't know is an error: a mistyped `defualt`
 * would otherwise start another account than the user wrote.
 * @throws ClauthError `config_invalid` with file and line, `config_refused` where others may have written it.
 */
export async function readConfig(store: Pick<Store, "config">): Promise<Config> {
  const file = readRegularFile(store.config, { maxBytes: MAX_BYTES });
  if (file === undefined) return DEFAULTS;
  const complaint = complaintAboutOwner(file.stat);
  if (complaint !== undefined) throw refused(store.config, complaint);
  const text = decodeUtf8(file.bytes);
  const config = text === undefined ? undefined : parseConfig(text);
  if (config !== undefined) return config;
  const { explainConfig } = await import("./config-schema.ts");
  throw explainConfig(store.config, text);
}

/** The configuration that a text holds, or undefined where it is not valid. */
export function parseConfig(text: string): Config | undefined {
  const value = parseToml(text);
  return value === undefined ? undefined : configFrom(value, statementsOf(text));
}

/**
 * Accepts what the schema in config-schema.ts accepts, without its explanations: this is what runs before claude
 * starts.
 */
export function configFrom(value: unknown, statements: readonly Statement[]): Config | undefined {
  if (!isTable(value) || !hasOnly(value, ["default", "trust", "claude", "quiet", "rule"])) return undefined;
  const { default: defaultName, trust = "owned", claude, quiet = false, rule = [] } = value;
  const choice = typeof defaultName === "string" ? choiceFrom(defaultName) : undefined;
  if (defaultName !== undefined && choice === undefined) return undefined;
  if (trust !== "owned" && trust !== "allow") return undefined;
  if (claude !== undefined && !isProgramPath(claude)) return undefined;
  if (typeof quiet !== "boolean" || !Array.isArray(rule)) return undefined;
  const rules: Rule[] = [];
  const lines = ruleLines(statements);
  for (const entry of rule) {
    const parsed = ruleFrom(entry, lines[rules.length] ?? topLevelLine(statements, "rule"));
    if (parsed === undefined) return undefined;
    rules.push(parsed);
  }
  return { default: choice, defaultLine: topLevelLine(statements, "default"), trust, claude, quiet, rules };
}

/** True for a directory as a rule names it: absolute, or below the home directory. */
export function isDirectoryPattern(value: unknown): value is string {
  return typeof value === "string" && isAnchored(value) && !value.includes("\0");
}

/** True for a remote as a rule names it: `host/owner/*`; no scheme, user, port or empty part. */
export function isRemotePattern(value: unknown): value is string {
  return typeof value === "string" && /^[^\s/\\:@~.][^\s/\\:@]*(?:\/[^\s/\\:@]+)*$/.test(value);
}

/** True for the path of a program: absolute, or below the home directory; never relative to a working directory. */
export function isProgramPath(value: unknown): value is string {
  return typeof value === "string" && isAnchored(value) && value !== "~" && !value.includes("\0");
}

/** The line on which a top-level key stands. */
export function topLevelLine(statements: readonly Statement[], key: string): number | undefined {
  for (const { name, line } of topLevel(statements)) if (name === key) return line;
  return undefined;
}

/** The lines on which rules start, in order; none where they are written in one inline array. */
export function ruleLines(statements: readonly Statement[]): readonly number[] {
  const lines: number[] = [];
  for (const { name, line } of statements) if (name === "[[rule]]") lines.push(line);
  return lines;
}

function ruleFrom(value: unknown, line: number | undefined): Rule | undefined {
  if (!isTable(value) || !hasOnly(value, ["dir", "remote", "profile"])) return undefined;
  const { dir, remote, profile } = value;
  const choice = typeof profile === "string" ? choiceFrom(profile) : undefined;
  if (choice === undefined) return undefined;
  if (isDirectoryPattern(dir) && remote === undefined) {
    return { kind: "directory", pattern: dir, profile: choice, line };
  }
  if (isRemotePattern(remote) && dir === undefined) {
    return { kind: "remote", pattern: remote, profile: choice, line };
  }
  return undefined;
}

function hasOnly(table: Table, keys: readonly string[]): boolean {
  for (const key of Object.keys(table)) if (!keys.includes(key)) return false;
  return true;
}

function isAnchored(path: string): boolean {
  return path === "~" || path.startsWith("~/") || path.startsWith("/") || hasDrive(path);
}

function hasDrive(path: string): boolean {
  return /^[A-Za-z]:/.test(path) && nodePath().win32.isAbsolute(path);
}

function refused(path: string, complaint: string): ClauthError {
  return new ClauthError({
    kind: "config_refused",
    message: `${path} ${complaint}, so it can't decide about accounts`,
    hint: `chown "$(id -un)" ${shellWord(path)} && chmod o-w ${shellWord(path)}, after reading it`,
    path,
  });
}

const MAX_BYTES = 64 * 1024;

const DEFAULTS: Config = {
  default: undefined,
  defaultLine: undefined,
  trust: "owned",
  claude: undefined,
  quiet: false,
  rules: [],
};

import { readOwnedFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import { nodePath } from "../path.ts";
import type { Store } from "../paths.ts";
import { shellWord } from "../shell-line.ts";
import { decodeUtf8 } from "../utf8.ts";
import { type Choice, choiceFrom } from "./choice.ts";
import { complaintAboutOwner } from "./ownership.ts";
import { isTable, parseToml, type Table } from "./toml.ts";

/** `clauth.toml`: what the user decided about all profiles. */
export type Config = {
  readonly default: Choice | undefined;
  /** "allow": a `.clauthrc` counts only after `clauth allow`. */
  readonly trust: "owned" | "allow";
  /** The real claude, absolute or below `~`, where PATH should not decide. */
  readonly claude: string | undefined;
  /** True where the lines about removed variables are not wanted. */
  readonly quiet: boolean;
  readonly rules: readonly Rule[];
  /** The file itself, in which config-lines.ts finds where a thing stands. */
  readonly text: string;
};

export type Rule = {
  readonly kind: "directory" | "remote";
  /** As written: `~/work`, or `github.com/acme/*`. */
  readonly pattern: string;
  readonly profile: Choice;
};

/**
 * Reads `clauth.toml`; a missing one means the defaults. A key that we don't know is an error: a mistyped `defualt`
 * would otherwise start another account than the user wrote.
 * @throws ClauthError `config_invalid` with file and line, `config_refused` where others may have written it.
 */
export async function readConfig(store: Pick<Store, "config">): Promise<Config> {
  const file = readOwnedFile(store.config, { maxBytes: MAX_BYTES });
  if (file === undefined) return DEFAULTS;
  const complaint = complaintAboutOwner(file.owner);
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
  return value === undefined ? undefined : configFrom(value, text);
}

/**
 * Accepts what the schema in config-schema.ts accepts, without its explanations: this is what runs before claude
 * starts.
 */
export function configFrom(value: unknown, text: string): Config | undefined {
  if (!isTable(value) || !hasOnly(value, ["default", "trust", "claude", "quiet", "rule"])) return undefined;
  const { default: defaultName, trust = "owned", claude, quiet = false, rule = [] } = value;
  const choice = typeof defaultName === "string" ? choiceFrom(defaultName) : undefined;
  if (defaultName !== undefined && choice === undefined) return undefined;
  if (trust !== "owned" && trust !== "allow") return undefined;
  if (claude !== undefined && !isProgramPath(claude)) return undefined;
  if (typeof quiet !== "boolean" || !Array.isArray(rule)) return undefined;
  const rules: Rule[] = [];
  for (const entry of rule) {
    const parsed = ruleFrom(entry);
    if (parsed === undefined) return undefined;
    rules.push(parsed);
  }
  return { default: choice, trust, claude, quiet, rules, text };
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

function ruleFrom(value: unknown): Rule | undefined {
  if (!isTable(value) || !hasOnly(value, ["dir", "remote", "profile"])) return undefined;
  const { dir, remote, profile } = value;
  const choice = typeof profile === "string" ? choiceFrom(profile) : undefined;
  if (choice === undefined) return undefined;
  if (isDirectoryPattern(dir) && remote === undefined) {
    return { kind: "directory", pattern: dir, profile: choice };
  }
  if (isRemotePattern(remote) && dir === undefined) {
    return { kind: "remote", pattern: remote, profile: choice };
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

/** What a missing `clauth.toml` means. */
export const DEFAULTS: Config = {
  default: undefined,
  trust: "owned",
  claude: undefined,
  quiet: false,
  rules: [],
  text: "",
};

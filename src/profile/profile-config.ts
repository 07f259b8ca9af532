import { parseToml } from "../config/toml.ts";
import { firstBadLine, type Statement, statementsOf } from "../config/toml-statements.ts";
import { type FileStat, readRegularFile } from "../disk/read-file.ts";
import { ClauthError } from "../errors.ts";
import type { ProfilePaths } from "../paths.ts";
import { looksLikeSecret } from "../profile-name.ts";
import { decodeUtf8 } from "../utf8.ts";
import { judgeProfileConfig, type MODEL_KEYS } from "./config-guard.ts";
import { PLAIN_LOGIN } from "./plain-login.ts";

/** `config.toml` of a profile: the Rust tool's keys, plus ours. Written by the user, so all of it is meant. */
export type ProfileConfig = {
  readonly baseUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** The account that the profile is pinned to: e-mail or uuid. */
  readonly account: string | undefined;
  /** `[env]` in its order. */
  readonly env: readonly Entry[];
  /** `[models]` in its order. */
  readonly models: readonly Entry<ModelKey>[];
  /** What of `~/.claude` the profile does not share. */
  readonly isolate: "all" | readonly string[];
  /** What may stay in the child although it beats the login: variables, or top-level settings. */
  readonly keepEnv: readonly string[];
  /** True for the profile that is the login in `~/.claude` itself. */
  readonly home: boolean;
  /** The file that all this was read from; not there where there was none. */
  readonly file?: FileStat;
};

export type Entry<Key extends string = string> = readonly [Key, string];

export type ModelKey = (typeof MODEL_KEYS)[number];

/**
 * Reads a profile's config.toml; a missing one means a plain login.
 * @throws ClauthError `profile_config_invalid` with file and line; a value is never shown, since it may be a key.
 */
export function readProfileConfig(paths: Pick<ProfilePaths, "config">): ProfileConfig {
  const file = readRegularFile(paths.config, { maxBytes: 1024 * 1024 });
  if (file === undefined) return PLAIN_LOGIN;
  const text = decodeUtf8(file.bytes);
  if (text === undefined) throw invalid(paths.config, undefined, "is not UTF-8 text");
  return { ...parseProfileConfig(text, paths.config), file: file.stat };
}

/** As `readProfileConfig`, of a text that came from `path`. */
export function parseProfileConfig(text: string, path: string): ProfileConfig {
  const value = parseToml(text);
  if (value === undefined) throw invalid(path, firstBadLine(text), "is not valid TOML");
  const judged = judgeProfileConfig(value);
  if ("config" in judged) return judged.config;
  const { keys, must } = judged.fault;
  throw invalid(path, lineOfKeys(statementsOf(text), keys), `${shownKeys(keys)} ${must}`);
}

/** The line on which a key stands: a pair, a pair of a table, or the table where its pairs are written inline. */
function lineOfKeys(statements: readonly Statement[], keys: readonly string[]): number | undefined {
  let table = "";
  let closest: number | undefined;
  for (const { kind, name, line } of statements) {
    if (kind === "header") table = `${name.slice(1, -1)}.`;
    const full = kind === "header" ? name.slice(1, -1) : table + name;
    if (full === keys.join(".")) return line;
    if (full === keys[0]) closest ??= line;
  }
  return closest;
}

/** A key as people write it; one that looks like a token stands at the wrong side of its `=` and is not echoed. */
function shownKeys(keys: readonly string[]): string {
  if (keys.length === 0) return "the file";
  return keys.some(looksLikeSecret) ? "a key that looks like a token" : keys.join(".");
}

function invalid(path: string, line: number | undefined, what: string): ClauthError {
  return new ClauthError({
    kind: "profile_config_invalid",
    message: `${line === undefined ? path : `${path}:${line}`}: ${what}`,
    hint: `edit ${path}`,
    path,
  });
}

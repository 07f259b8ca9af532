import { isTable, type Table } from "../config/toml.ts";
import type { Entry, ModelKey, ProfileConfig } from "./profile-config.ts";

/** The first thing that is wrong with a config.toml: where, and what has to be there. Never the value: it may be a key. */
export type Fault = { readonly keys: readonly string[]; readonly must: string };

export type Judged = { readonly config: ProfileConfig } | { readonly fault: Fault };

/** Judges the parsed config.toml of a profile. Keys that we don't know belong to the Rust tool. */
export function judgeProfileConfig(value: unknown): Judged {
  if (!isTable(value)) return { fault: { keys: [], must: "has to be a table" } };
  const fault = firstFault(value);
  return fault === undefined ? { config: configFrom(value) } : { fault };
}

function firstFault(table: Table): Fault | undefined {
  for (const [key, { accepts, must }] of Object.entries(RULES)) {
    if (Object.hasOwn(table, key) && !accepts(table[key])) return { keys: [key], must };
  }
  for (const [name, value] of entriesOf(table["env"])) {
    if (!isEnvEntry(name, value))
      return {
        keys: ["env", name],
        must: "has to be a variable with a text, and none that moves the configuration",
      };
  }
  for (const [key, value] of entriesOf(table["models"])) {
    if (isModelKey(key) && !isText(value))
      return { keys: ["models", key], must: "has to be the name of a model" };
  }
  if (table["home"] !== true) return undefined;
  const idle = NOT_WITH_HOME.find((key) => holdsSomething(table[key]));
  if (idle === undefined) return undefined;
  return { keys: [idle], must: "can't stand beside home = true: that profile uses ~/.claude as it is" };
}

/** What each key has to hold. */
const RULES: Readonly<Record<string, { accepts(value: unknown): boolean; must: string }>> = {
  base_url: { accepts: isBaseUrl, must: "has to be an http or https address" },
  api_key: { accepts: isApiKey, must: "has to be a key in quotes, without line ends or control characters" },
  account: { accepts: isAccount, must: "has to be an e-mail address or an account's uuid" },
  isolate: { accepts: isIsolate, must: 'has to be "all" or a list of names in ~/.claude' },
  keep_env: { accepts: isNameList, must: "has to be a list of names of variables" },
  home: { accepts: isBoolean, must: "has to be true or false" },
  env: { accepts: isTable, must: "has to be a table of names and values" },
  models: { accepts: isTable, must: "has to be a table of models" },
};

/** Settings that move the configuration would take the session out of the profile's tree. */
function isEnvEntry(name: string, value: unknown): boolean {
  return isVariableName(name) && !MOVES_THE_TREE.includes(name) && isText(value);
}

const MOVES_THE_TREE: readonly string[] = ["CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"];

export const MODEL_KEYS = ["default", "opus", "sonnet", "haiku", "fable", "subagent"] as const;

/** What a profile that lives in `~/.claude` has no tree to apply to. */
const NOT_WITH_HOME = ["base_url", "api_key", "env", "models", "isolate"] as const;

/** False for what the Rust tool writes where nothing is set: an empty text, list or table. */
function holdsSomething(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value === "string") return value.trim() !== "";
  if (Array.isArray(value)) return value.length > 0;
  return !isTable(value) || Object.keys(value).length > 0;
}

function configFrom(table: Table): ProfileConfig {
  const isolate = table["isolate"];
  return {
    baseUrl: filled(table["base_url"]),
    apiKey: filled(table["api_key"]),
    account: filled(table["account"]),
    env: texts(table["env"]),
    models: texts(table["models"]).filter((entry): entry is Entry<ModelKey> => isModelKey(entry[0])),
    isolate: isolate === "all" ? "all" : textsOf(isolate),
    keepEnv: textsOf(table["keep_env"]),
    home: table["home"] === true,
  };
}

function entriesOf(value: unknown): [string, unknown][] {
  return isTable(value) ? Object.entries(value) : [];
}

function texts(value: unknown): Entry[] {
  return entriesOf(value).flatMap(([name, text]) =>
    typeof text === "string" ? [[name, text] as const] : [],
  );
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Blank counts as unset: the Rust tool leaves `api_key = ""` behind. */
function filled(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function isModelKey(key: string): key is ModelKey {
  return MODEL_KEYS.some((known) => known === key);
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

/** A control character would end the header that the key is sent in (trap 27). */
function isApiKey(value: unknown): boolean {
  return typeof value === "string" && !/[\x00-\x1f\x7f]/.test(value);
}

export function isBaseUrl(value: unknown): boolean {
  if (typeof value !== "string") return false;
  return value.trim() === "" || (/^https?:\/\/[^\s\x00-\x1f\x7f]+$/i.test(value) && URL.canParse(value));
}

function isAccount(value: unknown): boolean {
  return typeof value === "string" && /^[^\s\x00-\x1f\x7f]+$/.test(value);
}

function isIsolate(value: unknown): boolean {
  return value === "all" || (Array.isArray(value) && value.every(isEntryName));
}

/** A name of a top-level entry of ~/.claude, so no path. */
function isEntryName(value: unknown): boolean {
  return isText(value) && value !== "" && value !== "." && value !== ".." && !/[/\\]/.test(value);
}

function isNameList(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string" && isVariableName(name));
}

function isVariableName(name: string): boolean {
  return /^[^=\0\s]+$/.test(name);
}

import { readRegularFile } from "../disk/read-file.ts";
import { identitySettingAt, identityVariable, isIdentitySetting } from "../identity-keys.ts";
import { isObject, type Json, type JsonObject, ownValue } from "../json.ts";

/** A value of a settings file that stands above the profile's own settings. */
export type Override = {
  readonly file: string;
  /** `apiKeyHelper`, or `env.ANTHROPIC_API_KEY`. */
  readonly key: string;
  readonly why: string;
};

/**
 * What one settings file above the user's changes for a profile: keys that decide the identity, and keys of the
 * profile's overlay that it gives another value. Claude ignores a file that it can't read or that is no JSON object.
 * @param profile.keep the profile's `keep_env`
 * @param profile.steering true where what it says to clauth itself counts too
 */
export function overridesIn(
  file: string,
  profile: { readonly keep: readonly string[]; readonly overlay: JsonObject; readonly steering?: boolean },
): Override[] {
  const settings = readSettings(file);
  // Most projects have none, and the first flatMap of a process costs 0.1 ms (measured on Bun 1.4.5).
  if (settings === NONE) return [];
  return leaves(settings).flatMap(({ path, value }) => {
    const key = path.join(".");
    if (profile.steering === true && steers(path, profile.keep)) return [{ file, key, why: STEERS }];
    const own = valueAt(profile.overlay, path);
    const why = isIdentitySetting(path, profile.keep) ? effectiveReason(path, value) : undefined;
    if (own === undefined && why === undefined) return [];
    if (own !== undefined && own === value) return [];
    return [{ file, key, why: why ?? "replaces the profile's own value" }];
  });
}

/** What one settings file says to clauth itself, in the order of the file. */
export function steeringIn(file: string, keep: readonly string[]): Override[] {
  return leaves(readSettings(file))
    .filter(({ path }) => steers(path, keep))
    .map(({ path }) => ({ file, key: path.join("."), why: STEERS }));
}

/**
 * Claude Code exports the `env` of its settings to the claudes that are started inside, so that these variables would pick
 * their profile, their store or their program.
 */
function steers([top, name = ""]: Leaf["path"], keep: readonly string[]): boolean {
  return top === "env" && STEERING.includes(name) && !keep.includes(name);
}

const STEERS = "steers every claude that is started inside";

/** An empty one counts too: it undoes the choice that was handed on. */
const STEERING: readonly string[] = ["CLAUTH_PROFILE", "CLAUTH_HOME", "CLAUTH_CLAUDE", "CLAUTH_BYPASS"];

function readSettings(file: string): JsonObject {
  try {
    const content = readRegularFile(file, { maxBytes: 4 * 1024 * 1024 });
    const settings: Json | undefined = content && JSON.parse(textAsClaudeReadsIt(content.bytes));
    return isObject(settings) ? settings : NONE;
  } catch {
    return NONE;
  }
}

const NONE: JsonObject = {};

/** Bytes that are not UTF-8 are replaced, and a mark of UTF-16 is obeyed (seen on 2.1.197 and 2.1.329). */
function textAsClaudeReadsIt(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

type Leaf = { readonly path: readonly [string] | readonly ["env", string]; readonly value: Json };

function leaves(settings: JsonObject): Leaf[] {
  return Object.entries(settings).flatMap(([key, value]): Leaf[] => {
    if (key !== "env") return [{ path: [key], value }];
    return isObject(value)
      ? Object.entries(value).map(([name, entry]) => ({ path: ["env", name], value: entry }))
      : [];
  });
}

/** An empty variable has no effect, so it is no override; users neutralise one that way. */
function effectiveReason(path: Leaf["path"], value: Json): string | undefined {
  const [top, name] = path;
  const idle = top === "env" && value === "" && identityVariable(name ?? "")?.emptyCounts !== true;
  return idle ? undefined : identitySettingAt(path)?.why;
}

function valueAt(overlay: JsonObject, path: Leaf["path"]): Json | undefined {
  const [top, name] = path;
  const value = ownValue(overlay, top);
  return name === undefined ? value : isObject(value) ? ownValue(value, name) : undefined;
}

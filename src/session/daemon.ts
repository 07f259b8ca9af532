import { readRegularFile } from "../disk/read-file.ts";
import { isObject, type Json, ownValue, parseJson } from "../json.ts";
import { join } from "../path.ts";
import type { ProfilePaths } from "../paths.ts";
import { processLives } from "./living-process.ts";

/**
 * True where Claude Code's daemon works in this tree, or an agent that it left in the background. Both files name their
 * processes with the time of their start (measured on 2.1.197 and 2.1.329): `daemon.lock` {pid, procStart}, which goes at
 * a clean end; `daemon/roster.json` {workers: {ID: {pid, procStart}}}, whose workers live on where the daemon was
 * killed. A file that can't be understood counts as living.
 * @throws ClauthError where a file can't be read
 */
export function daemonLives(paths: Pick<ProfilePaths, "runtime">): boolean {
  const lock = documentAt(join(paths.runtime, "daemon.lock"));
  const roster = documentAt(join(paths.runtime, "daemon", "roster.json"));
  return (lock !== undefined && lives(lock)) || (roster !== undefined && workersLive(roster));
}

/** Undefined where there is no such file; null, which no daemon writes, where it is no JSON. */
function documentAt(path: string): Json | undefined {
  const content = readRegularFile(path, { maxBytes: MAX_BYTES });
  return content === undefined ? undefined : (parseJson(content.bytes) ?? null);
}

/** A roster holds the prompt of each agent. */
const MAX_BYTES = 16 * 1024 * 1024;

function workersLive(roster: Json): boolean {
  const workers = isObject(roster) ? ownValue(roster, "workers") : undefined;
  return !isObject(workers) || Object.values(workers).some(lives);
}

function lives(entry: Json): boolean {
  if (!isObject(entry)) return true;
  const [pid, started] = [ownValue(entry, "pid"), ownValue(entry, "procStart")];
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return true;
  return processLives(pid, typeof started === "string" ? started : undefined);
}

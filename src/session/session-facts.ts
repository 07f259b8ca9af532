import { isObject, type JsonObject, ownValue, parseJson } from "../json.ts";
import type { Place } from "./liveness.ts";

/** What the text of a session's record says, for people and for the judgement of a record from elsewhere. */
export type SessionFacts = {
  readonly profile: string;
  readonly pid: number;
  /** Null until claude has started. */
  readonly claudePid: number | null;
  readonly cwd: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly place: Place;
};

/** One line of JSON, with the key names that `clauth sessions --json` has too. */
export function encodeFacts(facts: SessionFacts): Uint8Array {
  const fields: JsonObject = {
    profile: facts.profile,
    pid: facts.pid,
    claude_pid: facts.claudePid,
    cwd: facts.cwd,
    started: facts.started,
    boot_id: facts.place.bootId,
    pid_ns: facts.place.pidNamespace,
  };
  return new TextEncoder().encode(`${JSON.stringify(fields)}\n`);
}

/** Undefined for what no clauth of this kind wrote: the Rust tool's text, or one that was cut off. Unknown keys are passed over. */
export function decodeFacts(bytes: Uint8Array): SessionFacts | undefined {
  const fields = parseJson(bytes);
  if (!isObject(fields)) return undefined;
  const [profile, cwd, started] = ["profile", "cwd", "started"].map((key) => ownValue(fields, key));
  const [bootId, pidNamespace] = ["boot_id", "pid_ns"].map((key) => ownValue(fields, key));
  const pid = ownValue(fields, "pid");
  const claudePid = ownValue(fields, "claude_pid") ?? null;
  if (typeof profile !== "string" || typeof cwd !== "string" || typeof started !== "string") return undefined;
  if (typeof bootId !== "string" || typeof pidNamespace !== "string" || typeof pid !== "number")
    return undefined;
  if (claudePid !== null && typeof claudePid !== "number") return undefined;
  return { profile, pid, claudePid, cwd, started, place: { bootId, pidNamespace } };
}

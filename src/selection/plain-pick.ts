import { type Choice, choiceFrom } from "../config/choice.ts";
import { type Config, DEFAULTS, readConfig } from "../config/config.ts";
import { complaintAboutOwner } from "../config/ownership.ts";
import type { Context } from "../context.ts";
import { readOwnedFile } from "../disk/read-file.ts";
import { realPath } from "../disk/real-path.ts";
import { glance, isMissing, REGULAR_FILE } from "../fs/glance.ts";
import { AT_SYMLINK_NOFOLLOW, NOT_UTF8 } from "../fs/linux.ts";
import type { Store } from "../paths.ts";
import { decodeUtf8 } from "../utf8.ts";
import { findRcFile } from "./find-rc-file.ts";
import { matchDirectory } from "./rules.ts";
import { readTrust, verdictOn, wasAnnounced } from "./trust.ts";

export type PlainPick = {
  /** Undefined where nothing picks. */
  readonly choice: Choice | undefined;
  /** True where this very call names it. */
  readonly explicit: boolean;
};

/**
 * What a call picks where that is plain to see: the short way of `resolveSelection`, of a tenth of its functions.
 * @returns undefined where there is more to judge or to say than this knows. What is picked may not exist.
 * @throws ClauthError as `readConfig`, `readTrust` and `matchDirectory`
 */
export async function plainPick(context: Context, store: Store): Promise<PlainPick | undefined> {
  const { cwd, env, home } = context;
  // A missing file is not opened: an exception costs more than all of this.
  const config = isMissing(store.config) ? DEFAULTS : await readConfig(store);
  if (config.claude !== undefined || config.trust !== "owned") return undefined;
  const named = env["CLAUTH_PROFILE"];
  if (named) {
    const choice = choiceFrom(named);
    return choice && { choice, explicit: true };
  }
  if (env["CLAUDE_CONFIG_DIR"] || cwd.includes(NOT_UTF8)) return undefined;
  const path = findRcFile(cwd, realPath(home));
  const choice = path === undefined ? undefined : choiceOf(path, context, store);
  if (path !== undefined) return choice && { choice, explicit: false };
  const rule = matchDirectory(config, { cwd, home });
  if (rule === undefined && hasRemoteRule(config)) return undefined;
  return { choice: rule?.profile ?? config.default, explicit: false };
}

/** The name that is all there is in an rc file, where the file is a plain one and was not denied, and nothing has to be said of it. */
function choiceOf(path: string, { stderr }: Pick<Context, "stderr">, store: Store): Choice | undefined {
  const seen = glance(path, AT_SYMLINK_NOFOLLOW);
  if (seen?.kind !== REGULAR_FILE || seen.size > MAX_BYTES) return undefined;
  // Whose it is by then is not enough: who may replace it could put a link to a file of ours there meanwhile.
  if (complaintAboutOwner(seen) !== undefined) return undefined;
  const file = readOwnedFile(path, { maxBytes: MAX_BYTES });
  if (file === undefined || complaintAboutOwner(file.owner) !== undefined) return undefined;
  const { bytes } = file;
  const text = decodeUtf8(bytes) ?? "";
  const choice = choiceFrom(text.endsWith("\n") ? text.slice(0, -1) : text);
  if (choice === undefined) return undefined;
  const records = isMissing(store.trust) ? {} : readTrust(store);
  const verdict = verdictOn(records, { path, bytes });
  if (verdict === "denied") return undefined;
  const isSilent = verdict === "allowed" || wasAnnounced(records, { path, choice }) || !stderr.isTerminal;
  return isSilent ? choice : undefined;
}

/** A name and its line end. */
const MAX_BYTES = 80;

function hasRemoteRule({ rules }: Config): boolean {
  for (const { kind } of rules) if (kind === "remote") return true;
  return false;
}

import { readRegularFile } from "../disk/read-file.ts";
import { writeFileAtomic } from "../disk/write-file.ts";
import {
  equalJson,
  formatLike,
  isObject,
  type JsonObject,
  objectFrom,
  ownValue,
  parseJson,
} from "../json.ts";
import { claudeJsonLock, withClaudeLocks } from "../lock/claude-locks.ts";

export type AdoptedServers = {
  /** Names of MCP servers that `~/.claude.json` has now and had not before. */
  readonly brought: readonly string[];
  /** Those that stand there with another meaning: left alone. */
  readonly differing: readonly string[];
  /** All of them, where `~/.claude.json` is damaged. */
  readonly left: readonly string[];
};

/**
 * Adds the MCP servers of a `.claude.json` to the user's own, under Claude's lock of it. Nothing else of that document travels:
 * which directories and tools are trusted was decided for another account.
 * @param homeJson `~/.claude.json`, or what stands for it
 * @throws ClauthError `store_busy`, `concurrent_modification` (both retry-safe), or as `domainError`
 */
export async function adoptServers(document: JsonObject, homeJson: string): Promise<AdoptedServers> {
  const theirs = serversOf(document);
  if (Object.keys(theirs).length === 0) return NONE;
  return withClaudeLocks([claudeJsonLock("home", homeJson)], (assertHeld) => {
    const file = readRegularFile(homeJson);
    const home = file === undefined ? {} : parseJson(file.bytes);
    if (!isObject(home)) return { ...NONE, left: Object.keys(theirs) };
    const ours = serversOf(home);
    const names = Object.keys(theirs);
    const brought = names.filter((name) => !Object.hasOwn(ours, name));
    const differing = names.filter((name) => !brought.includes(name) && !equalJson(ours[name], theirs[name]));
    if (brought.length > 0) {
      const mcpServers = objectFrom([
        ...Object.entries(ours),
        ...Object.entries(theirs).filter(([name]) => brought.includes(name)),
      ]);
      assertHeld();
      const merged = objectFrom([...Object.entries(home), ["mcpServers", mcpServers]]);
      writeFileAtomic(homeJson, formatLike(merged, file?.bytes), {
        mode: 0o600,
        keepMode: true,
        expect: file ?? "absent",
      });
    }
    return { ...NONE, brought, differing };
  });
}

const NONE: AdoptedServers = { brought: [], differing: [], left: [] };

function serversOf(document: JsonObject): JsonObject {
  const servers = ownValue(document, "mcpServers");
  return isObject(servers) ? servers : {};
}

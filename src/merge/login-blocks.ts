import { equalJson, formatLike } from "../json.ts";
import { putBackAside, setAside } from "./aside.ts";
import { isAccountKey } from "./claude-json.ts";
import type { JudgedFile } from "./judge-credentials.ts";
import { mergeObjects } from "./three-way.ts";

/**
 * The bytes of `winner` as they are, or with the blocks that only `other` has: logins to MCP servers (`mcpOAuth`), each
 * of them whole, and blocks that we do not know. What belongs to the account stays the winner's.
 */
export function withBlocksOf(winner: JudgedFile, other: JudgedFile): Uint8Array {
  if (winner.document === undefined || other.document === undefined) return winner.bytes;
  const own = setAside(winner.document, isAccountBlock);
  const { home } = mergeObjects({
    base: "void",
    home: own.travels,
    tree: setAside(other.document, isAccountBlock).travels,
    later: "home",
    deletion: () => "restore",
    atomic: (key) => key.length === 2,
  });
  const document = putBackAside(winner.document, own.aside, home);
  return equalJson(document, winner.document) ? winner.bytes : formatLike(document, winner.bytes);
}

function isAccountBlock([key, ...below]: readonly string[]): boolean {
  return key !== undefined && below.length === 0 && (ACCOUNT_BLOCKS.has(key) || isAccountKey(key));
}

/** As the Rust clauth found them; `organizationUuid` goes by its name. */
const ACCOUNT_BLOCKS: ReadonlySet<string> = new Set([
  "claudeAiOauth",
  "trustedDeviceToken",
  "enterpriseGateway",
  "designOauth",
]);

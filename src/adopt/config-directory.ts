import { join } from "node:path";
import type { Context } from "../context.ts";
import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { readLink } from "../disk/links.ts";
import { readRegularFile } from "../disk/read-file.ts";
import { isInside } from "../disk/real-path.ts";
import { overridesIn } from "../environment/settings-tier.ts";
import { ClauthError } from "../errors.ts";
import { isObject, type JsonObject, parseJson } from "../json.ts";
import { type KeychainItem, readItem } from "../keychain/item.ts";
import { judgeCredentials } from "../merge/judge-credentials.ts";
import { claudeHomeOf, type Store } from "../paths.ts";

/** A config directory that somebody made by hand or with another tool (`CLAUDE_CONFIG_DIR=~/.claude-work`). */
export type ConfigDirectory = {
  /** With every link resolved. */
  readonly path: string;
  readonly login: FoundLogin;
  /** Its `.claude.json`; empty where there is none that can be read. */
  readonly document: JsonObject;
  /** Settings of it that decide about the login, by their names. */
  readonly identitySettings: readonly string[];
};

export type FoundLogin =
  | { readonly kind: "file"; readonly path: string; readonly bytes: Uint8Array }
  /** In the Keychain of macOS. Claude Code reads no file beside it; what stands in one is older. */
  | { readonly kind: "item"; readonly item: KeychainItem; readonly bytes: Uint8Array }
  /** Another directory's login by a link: moving it would take it from there. */
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "none" };

/** Where a login waits while it is moved: claude does not read it there, and a killed move is taken up again. */
export const STAGED_LOGIN = ".credentials.json.clauth-import";

/**
 * Looks at a config directory that is not ours.
 * @throws ClauthError `import_not_found`, `import_refused` for `~/.claude` and for what lies in the store
 */
export async function readConfigDirectory(
  context: Pick<Context, "env" | "home" | "platform">,
  store: Store,
  directory: string,
): Promise<ConfigDirectory> {
  if (disk.statIfThere(directory)?.isDirectory() !== true) {
    throw new ClauthError({
      kind: "import_not_found",
      message: `there is no directory ${directory}`,
      hint: "clauth import shows what was found on this machine",
      path: directory,
    });
  }
  const path = attempt("resolve", directory, () => disk.realpath(directory));
  refuseOwn(context.home, store, path);
  return {
    path,
    login: (await inKeychain(context, [directory, path])) ?? loginIn(path),
    document: objectAt(join(path, ".claude.json")),
    identitySettings: overridesIn(join(path, "settings.json"), { keep: [], overlay: {} }).map(
      ({ key }) => key,
    ),
  };
}

function refuseOwn(home: string, store: Store, path: string): void {
  const claude = claudeHomeOf(home).root;
  const isHome = disk.statIfThere(claude) !== undefined && path === disk.realpath(claude);
  if (!isHome && !isInside(path, store.root)) return;
  throw new ClauthError({
    kind: "import_refused",
    message: isHome
      ? `${path} is Claude Code's own directory: its login stays there`
      : `${path} belongs to clauth already`,
    hint: isHome ? "clauth add NAME --home makes a profile of it, and nothing is moved" : "clauth list",
    path,
  });
}

/** The item is named after the path as CLAUDE_CONFIG_DIR spelled it: with its links or without. */
async function inKeychain(
  { env, platform }: Pick<Context, "env" | "platform">,
  spellings: readonly string[],
): Promise<FoundLogin | undefined> {
  if (platform !== "darwin") return undefined;
  const { loginItem } = await import("../reconcile/keychain-login.ts");
  for (const spelling of new Set(spellings)) {
    const item = loginItem(spelling, env);
    const bytes = readItem(item);
    if (bytes !== undefined && judgeCredentials(bytes).login) return { kind: "item", item, bytes };
  }
  return undefined;
}

function loginIn(directory: string): FoundLogin {
  const path = join(directory, ".credentials.json");
  const target = readLink(path);
  if (target !== undefined) return { kind: "link", path, target };
  for (const candidate of [path, join(directory, STAGED_LOGIN)]) {
    const content = readRegularFile(candidate, { maxBytes: 1024 * 1024 });
    if (content !== undefined && judgeCredentials(content.bytes).login)
      return { kind: "file", path: candidate, bytes: content.bytes };
  }
  return { kind: "none" };
}

/** What can't be read tells nothing, and stops nothing: the login alone is moved. */
function objectAt(path: string): JsonObject {
  try {
    const content = readRegularFile(path);
    const value = content === undefined ? undefined : parseJson(content.bytes);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

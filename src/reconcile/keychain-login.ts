import { checkpoint } from "../checkpoint.ts";
import type { Environment } from "../context.ts";
import type { FileContent } from "../disk/read-file.ts";
import { equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { claudeItemNames } from "../keychain/claude-item.ts";
import { itemTimeNs, type KeychainItem, readItem, removeItem, writeItem } from "../keychain/item.ts";
import { securityProgram } from "../keychain/security.ts";
import type { CredentialsBase, Quarantined, TreeCredentials } from "../merge/credentials.ts";
import { judgeFile } from "../merge/judge-credentials.ts";
import { newerLogin } from "../merge/newer-login.ts";
import { lookAtFileLogin } from "./file-login.ts";
import type { Places } from "./places.ts";
import type { LookAtTree, TreeLogin } from "./tree-login.ts";

/**
 * The tree's login on macOS, found as Claude Code finds it: in the item of the Keychain that is named after the tree's path, and
 * only where there is none in `.credentials.json`. At its first write Claude Code makes the item and removes the file; where
 * the Keychain can't be written (ssh) it writes the file and tries to remove the item. So a profile without an item is linked
 * as everywhere, an item is written only where there is one, and no link stands beside it: whoever could not read the item
 * would use through it a token that may be spent.
 */
export function keychainLogin(env: Environment, program: string = securityProgram()): LookAtTree {
  return (places, known) => {
    const item = loginItem(places.paths.runtime, env, program);
    const file = lookAtFileLogin(places, known);
    const value = readItem(item);
    return value === undefined ? file : lookAtItem(places, known, { item, value, file });
  };
}

/** What `~/.claude` has in the Keychain. */
export function homeKeychainLogin(env: Environment, program?: string): Uint8Array | undefined {
  return keychainLoginOf(undefined, env, program);
}

/**
 * What a config directory has in the Keychain: looked at, never touched. Undefined where it has nothing there or can't be read.
 * @param configDirectory as CLAUDE_CONFIG_DIR spells it; undefined for `~/.claude`
 */
export function keychainLoginOf(
  configDirectory: string | undefined,
  env: Environment,
  program?: string,
): Uint8Array | undefined {
  try {
    return readItem(loginItem(configDirectory, env, program));
  } catch {
    return undefined;
  }
}

/** The item of the Keychain that has the login of a config directory. */
export function loginItem(
  configDirectory: string | undefined,
  env: Environment,
  program: string = securityProgram(),
): KeychainItem {
  return { ...claudeItemNames(configDirectory, env), program };
}

type Known = { readonly canonical: FileContent | undefined; readonly base: CredentialsBase | undefined };

/** The item with its value, and the file beside it. */
type Found = { readonly item: KeychainItem; readonly value: Uint8Array; readonly file: TreeLogin };

function lookAtItem(places: Places, known: Known, found: Found): TreeLogin {
  const { item, value, file } = found;
  const used = usedOf(known, found);
  return {
    ...used,
    show: (canonical) => {
      if (canonical !== undefined && !equalBytes(value, canonical)) {
        refuseSurprise(item, value);
        if (!writeItem(item, canonical)) {
          file.show(canonical);
          checkpoint("credentials:linked-for-item");
          removeItem(item);
          return;
        }
        checkpoint("credentials:item-written");
      }
      file.remove();
    },
    remove: () => {
      removeAsFound(item, value);
      file.remove();
    },
    leave: () => {
      // A file in the link's place is to be carried first.
      if (file.shown.kind === "file") throw changed(item);
      file.remove();
      writeFileAtomic(places.treeCredentials, value, { mode: 0o600, sync: true, expect: "absent" });
      checkpoint("credentials:item-in-tree");
      removeAsFound(item, value);
    },
  };
}

/** A file beside the item is what Claude Code wrote where it could not write the item, or a leftover. */
function usedOf(
  { canonical, base }: Known,
  { item, value, file }: Found,
): Pick<TreeLogin, "shown" | "unused"> {
  const isCanonical = canonical !== undefined && equalBytes(value, canonical.bytes);
  if (file.shown.kind !== "file") {
    if (!isCanonical) return { shown: itemShown(item, value) };
    return { shown: { kind: file.shown.kind === "missing" ? "link-ok" : "link-wrong" } };
  }
  const inItem = itemShown(item, value);
  const [ofItem, ofFile] = [judgeFile(inItem), judgeFile(file.shown)];
  if (ofFile.login && (!ofItem.login || newerLogin(base, ofItem, ofFile) === "tree"))
    return { shown: file.shown, unused: loser(value) };
  const shown: TreeCredentials = isCanonical ? { kind: "link-wrong" } : inItem;
  return equalBytes(value, ofFile.bytes) ? { shown } : { shown, unused: loser(ofFile.bytes) };
}

function itemShown(item: KeychainItem, value: Uint8Array): TreeCredentials & { readonly kind: "file" } {
  return { kind: "file", bytes: value, mtimeNs: itemTimeNs(item) };
}

function loser(bytes: Uint8Array): Quarantined {
  return { what: "credentials-conflict", bytes };
}

function removeAsFound(item: KeychainItem, value: Uint8Array): void {
  refuseSurprise(item, value);
  removeItem(item);
}

/** The last look, right before the change: Claude Code writes the item whenever it likes. */
function refuseSurprise(item: KeychainItem, found: Uint8Array): void {
  const now = readItem(item);
  if (now === undefined || !equalBytes(now, found)) throw changed(item);
}

function changed({ service }: KeychainItem): ClauthError {
  return new ClauthError({
    kind: "concurrent_modification",
    message: `the login in the Keychain's item "${service}" was changed by another program meanwhile`,
    hint: "try again",
    retrySafe: true,
  });
}

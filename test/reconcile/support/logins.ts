import { existsSync, lstatSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import type { Places } from "../../../src/reconcile/places.ts";
import { LINK_MODE } from "../../support/link-mode.ts";
import { put } from "./profile-home.ts";

/** The text of a credentials file of an account, as newer Claude Code writes it; later generations are rotations. */
export function loginText(account: string, generation = 1): string {
  return JSON.stringify({
    claudeAiOauth: {
      accessToken: `sk-ant-oat01-fake${account}${generation}`,
      refreshToken: `sk-ant-ort01-fake${account}${generation}`,
      expiresAt: 4_000_000_000_000 + generation,
      accountUuid: `uuid-${account}`,
    },
  });
}

/** What Claude Code leaves when the server refuses a refresh. */
export const STUB = JSON.stringify({ claudeAiOauth: { accessToken: "", refreshToken: "", expiresAt: 0 } });

export function oauthAccount(account: string) {
  return { oauthAccount: { emailAddress: `${account}@test`, accountUuid: `uuid-${account}` } };
}

/** Replaces the tree's credentials by a file as Claude Code does: written beside and renamed over the link. */
export function claudeWrites(places: Places, text: string, secondsLater = 1): void {
  const temporary = `${places.treeCredentials}.tmp.1234abcd`;
  writeFileSync(put(temporary, text), text, { mode: 0o600 });
  const time = Date.now() / 1000 + secondsLater;
  utimesSync(temporary, time, time);
  renameSync(temporary, places.treeCredentials);
}

/** The first half of Claude Code's logout. */
export function claudeUnlinks(places: Places): void {
  rmSync(places.treeCredentials);
}

/** True where the tree shows the canonical credentials: by a link, or where the mode has none by the same bytes. */
export function isLinked({ treeCredentials, paths }: Places): boolean {
  const stat = lstatSync(treeCredentials, { throwIfNoEntry: false });
  if (LINK_MODE === "symlink") return stat?.isSymbolicLink() === true;
  if (stat === undefined || !existsSync(paths.credentials)) return false;
  return stat.isFile() && readFileSync(treeCredentials).equals(readFileSync(paths.credentials));
}

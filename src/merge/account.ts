import type { AccountIdentity, JudgedFile } from "./judge-credentials.ts";

/** No identity yet is "undecided", never "same". */
export type AccountVerdict = "same" | "other" | "undecided";

/**
 * Whether `login` is of the account that a profile is pinned to.
 * @param pin an e-mail address or a uuid; without one every account is the same
 * @param identity the `oauthAccount` of the tree, which Claude Code writes after the credentials: it may still be that
 * of the login before, so the file's own uuid stands above it
 */
export function judgePin(
  pin: string | undefined,
  login: JudgedFile,
  identity: AccountIdentity = {},
): AccountVerdict {
  if (pin === undefined) return "same";
  const fromFile = login.accountUuid;
  const owner = fromFile === undefined || fromFile === identity.uuid ? identity : { uuid: fromFile };
  const known = pin.includes("@") ? owner.email : owner.uuid;
  if (known === undefined) return "undecided";
  return known.toLowerCase() === pin.toLowerCase() ? "same" : "other";
}

/** Whether two logins are of one account, by what the files themselves say: a uuid, or the very same token. */
export function sameAccount(a: JudgedFile, b: JudgedFile): AccountVerdict {
  if (a.accountUuid !== undefined && b.accountUuid !== undefined) {
    return a.accountUuid === b.accountUuid ? "same" : "other";
  }
  return a.refreshToken !== undefined && a.refreshToken === b.refreshToken ? "same" : "undecided";
}

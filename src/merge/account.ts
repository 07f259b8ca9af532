import { type AccountIdentity, fingerprint, type JudgedFile } from "./judge-credentials.ts";

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

/** Whether two identities are of one account: the uuid decides, an e-mail address may change. */
export function sameIdentity(a: AccountIdentity, b: AccountIdentity): AccountVerdict {
  const [ofA, ofB] = a.uuid && b.uuid ? [a.uuid, b.uuid] : [a.email, b.email];
  if (ofA === undefined || ofB === undefined) return "undecided";
  return ofA.toLowerCase() === ofB.toLowerCase() ? "same" : "other";
}

/** A name of its own for the quarantined logins of an account, so that those of others never crowd them out. */
export function replacedLoginName({ uuid, email }: AccountIdentity): string {
  const account = uuid ?? email;
  return account === undefined
    ? REPLACED_LOGIN
    : `${REPLACED_LOGIN}-${fingerprint(account.toLowerCase()).slice(0, 8)}`;
}

/** What the name of every login begins with that another account's login replaced. */
export const REPLACED_LOGIN = "credentials-replaced";

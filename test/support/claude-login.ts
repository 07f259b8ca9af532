import { identityOf, tokensOf } from "./mock-accounts.ts";

/** What the files of a logged-in Claude Code hold (`.credentials.json`, `.claude.json`), for fake accounts. */
export type Login = {
  readonly account: string;
  /** How often the chain was rotated, plus one. */
  readonly generation?: number;
  /** True makes Claude Code refresh the token before its first request. */
  readonly expired?: boolean;
};

/** The text of a credentials file. Newer Claude Code adds the identity after a login; older does not. */
export function credentialsText({ account, generation = 1, expired = false }: Login): string {
  return JSON.stringify({
    claudeAiOauth: {
      ...tokensOf(account, generation),
      expiresAt: expired ? 1 : Date.now() + 8 * 3_600_000,
      scopes: ["user:inference", "user:profile"],
      subscriptionType: "max",
    },
  });
}

/** The `oauthAccount` of `.claude.json`. */
export function oauthAccountOf(account: string) {
  const { email, uuid, organization } = identityOf(account);
  return { accountUuid: uuid, emailAddress: email, organizationUuid: organization };
}

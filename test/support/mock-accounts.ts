/**
 * Accounts of the mock, derived from the spelling of their tokens, so that a test names one by writing a token:
 * `sk-ant-oat01-fakeA` is an access token of account A, `sk-ant-ort01-fakeA` its refresh token, and every rotation
 * counts both up (`-fakeA.2`, `-fakeA.3`).
 */
export type TokenPair = { readonly accessToken: string; readonly refreshToken: string };

/** The tokens of an account after `generation - 1` rotations. */
export function tokensOf(account: string, generation = 1): TokenPair {
  const suffix = generation === 1 ? "" : `.${generation}`;
  return {
    accessToken: `sk-ant-oat01-fake${account}${suffix}`,
    refreshToken: `sk-ant-ort01-fake${account}${suffix}`,
  };
}

export type Identity = { readonly email: string; readonly uuid: string; readonly organization: string };

export function identityOf(account: string): Identity {
  return {
    email: `${account.toLowerCase()}@example.test`,
    uuid: uuidFrom(`account ${account}`),
    organization: uuidFrom(`organization of ${account}`),
  };
}

/** The account that a token belongs to; undefined for a token of no account. */
export function accountOf(token: string): string | undefined {
  return parseToken(token)?.account;
}

export type Chains = {
  /** Spends a refresh token: the next pair, or undefined where it is not the newest of its chain (`invalid_grant`). */
  rotate(refreshToken: string): TokenPair | undefined;
  /** Ends the chain of the token, as a logout does. */
  revoke(token: string): void;
  /** True for a token that a request may carry. */
  accepts(accessToken: string): boolean;
};

/** Token chains with rotation: a refresh token works once. */
export function createChains(): Chains {
  const newest = new Map<string, number>();
  const revoked = new Set<string>();
  return {
    rotate(refreshToken) {
      const token = parseToken(refreshToken);
      if (token?.kind !== "ort01" || revoked.has(token.account)) return undefined;
      if (token.generation !== (newest.get(token.account) ?? 1)) return undefined;
      newest.set(token.account, token.generation + 1);
      return tokensOf(token.account, token.generation + 1);
    },
    revoke(token) {
      const account = accountOf(token);
      if (account !== undefined) revoked.add(account);
    },
    accepts(accessToken) {
      const token = parseToken(accessToken);
      return token?.kind === "oat01" && !revoked.has(token.account);
    },
  };
}

function parseToken(token: string) {
  const match = /^sk-ant-(oat01|ort01)-fake([A-Za-z]+)(?:\.(\d+))?$/.exec(token);
  if (match?.[2] === undefined) return undefined;
  return { kind: match[1], account: match[2], generation: Number(match[3] ?? 1) };
}

function uuidFrom(text: string): string {
  const hex = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

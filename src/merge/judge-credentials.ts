import { isObject, type JsonObject, ownValue, parseJson } from "../json.ts";

export type CredentialsFile = { readonly bytes: Uint8Array; readonly mtimeNs: bigint };

/** A credentials file as read, with what it amounts to. */
export type JudgedFile = CredentialsFile & CredentialsJudgement;

/** What the bytes of a credentials file amount to. The bytes themselves are carried, never this. */
export type CredentialsJudgement = {
  /** True where the file parses and has a non-empty access or refresh token. */
  readonly login: boolean;
  /** True for what Claude Code leaves after a refused refresh: both tokens empty (seen on 2.1.197 and 2.1.329). */
  readonly stub: boolean;
  /** The whole document; undefined where the bytes are not a JSON object. */
  readonly document: JsonObject | undefined;
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Milliseconds since 1970; undefined where the file does not say. */
  readonly expiresAt: number | undefined;
  /** Written by newer Claude Code at login; a refresh does not add it to an older file (2.1.329). */
  readonly accountUuid: string | undefined;
};

export function judgeFile({ bytes, mtimeNs }: CredentialsFile): JudgedFile {
  return { bytes, mtimeNs, ...judgeCredentials(bytes) };
}

/** Total: judges any bytes. */
export function judgeCredentials(bytes: Uint8Array): CredentialsJudgement {
  const parsed = parseJson(bytes);
  const document = isObject(parsed) ? parsed : undefined;
  const block = document === undefined ? undefined : ownValue(document, "claudeAiOauth");
  const tokens = isObject(block) ? block : {};
  const accessToken = text(tokens, "accessToken");
  const refreshToken = text(tokens, "refreshToken");
  const login = accessToken !== undefined || refreshToken !== undefined;
  return {
    login,
    stub: !login && ownValue(tokens, "accessToken") === "",
    document,
    accessToken,
    refreshToken,
    expiresAt: milliseconds(tokens),
    accountUuid: text(tokens, "accountUuid"),
  };
}

function text(object: JsonObject, key: string): string | undefined {
  const value = ownValue(object, key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function milliseconds(tokens: JsonObject): number | undefined {
  const value = ownValue(tokens, "expiresAt");
  if (typeof value !== "number") return undefined;
  return value < FIRST_YEARS_MS ? value * 1000 : value;
}

/** As milliseconds this is 1973, as seconds the year 5138: a smaller number is one of seconds. */
const FIRST_YEARS_MS = 100_000_000_000;

/** SHA-256 in hex: stands for content that must not be kept or shown, a token above all. */
export function fingerprint(content: Uint8Array | string): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}

/** What is known of an account, from `oauthAccount` or from a credentials file; either may be missing. */
export type AccountIdentity = { readonly email?: string | undefined; readonly uuid?: string | undefined };

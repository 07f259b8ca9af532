import type { CredentialsFile } from "../../src/merge/judge-credentials.ts";

export type LoginFacts = {
  readonly access?: string | null;
  readonly refresh?: string | null;
  readonly expiresAt?: number | null;
  readonly uuid?: string;
  readonly at?: bigint;
  readonly blocks?: object;
};

/** A credentials file as Claude Code writes it, with fake tokens. */
export function login(name: string, facts: LoginFacts = {}): CredentialsFile {
  const { access = `sk-ant-oat01-fake${name}`, refresh = `sk-ant-ort01-fake${name}` } = facts;
  const claudeAiOauth = {
    ...(access !== null && { accessToken: access }),
    ...(refresh !== null && { refreshToken: refresh }),
    ...(facts.expiresAt !== null && { expiresAt: facts.expiresAt ?? 1_900_000_000_000 }),
    ...(facts.uuid !== undefined && { accountUuid: facts.uuid }),
    scopes: ["user:inference"],
  };
  return file(JSON.stringify({ claudeAiOauth, ...facts.blocks }), facts.at);
}

/** What Claude Code leaves behind after a refresh that was refused for good. */
export function stub(facts: { at?: bigint; blocks?: object } = {}): CredentialsFile {
  return file(
    JSON.stringify({ claudeAiOauth: { accessToken: "", refreshToken: "", expiresAt: 0 }, ...facts.blocks }),
    facts.at,
  );
}

export function file(content: string | Uint8Array, at = 100n): CredentialsFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { bytes, mtimeNs: at };
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

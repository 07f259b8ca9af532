/**
 * The one error class. A kind is made beside the code that throws it; the two entries alone turn an error into
 * an exit status.
 *
 * Messages say what failed, lower case and without a final period; the hint is something to type or to change.
 * Neither ever holds a secret.
 */
export type ErrorFacts = {
  /** snake_case, stable: scripts match on it (`CLAUTH_ERROR_FORMAT=json`). */
  readonly kind: string;
  readonly message: string;
  /** What to type or change next. */
  readonly hint?: string;
  /** The file or directory that the error is about. */
  readonly path?: string;
  /** True where the same call may succeed a moment later without anybody changing anything. */
  readonly retrySafe?: boolean;
  /** Exit status, as coreutils' `env` has them: 125 ours (the default), 126 claude can't be run, 127 no claude. */
  readonly exitCode?: number;
  readonly cause?: unknown;
};

export class ClauthError extends Error {
  override readonly name = "ClauthError";
  readonly kind: string;
  readonly hint: string | undefined;
  readonly path: string | undefined;
  readonly retrySafe: boolean;
  readonly exitCode: number;

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = facts.kind;
    this.hint = facts.hint;
    this.path = facts.path;
    this.retrySafe = facts.retrySafe ?? false;
    this.exitCode = facts.exitCode ?? 125;
  }
}

/** The `code` of a system error ("ENOENT"), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

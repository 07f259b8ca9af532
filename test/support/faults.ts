import { ClauthError } from "../../src/errors.ts";

/** An error as node:fs throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up by a test`), { code });
}

/** A call of the disk that always fails. */
export function failing(code: string): () => never {
  return () => {
    throw systemError(code);
  };
}

/** The kind of the ClauthError that `body` throws; "none" where it throws nothing. Anything else is thrown on. */
export function kindOf(body: () => unknown): string {
  return errorOf(body)?.kind ?? "none";
}

export function errorOf(body: () => unknown): ClauthError | undefined {
  try {
    body();
  } catch (error) {
    if (error instanceof ClauthError) return error;
    throw error;
  }
  return undefined;
}

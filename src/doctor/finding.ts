import { asClauthError } from "../report.ts";

/** One thing that `clauth doctor` looked at. A problem makes it fail; a warning is for the user to judge. */
export type Finding = {
  readonly check: string;
  readonly level: "ok" | "warning" | "problem";
  readonly message: string;
  /** What to type or to change. */
  readonly hint?: string;
  readonly path?: string;
};

/** The problem that an error is; what can't even be looked at is one too. */
export function problemOf(check: string, thrown: unknown): Finding {
  const { message, hint, path } = asClauthError(thrown);
  return {
    check,
    level: "problem",
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(path === undefined ? {} : { path }),
  };
}

/** Runs a check that throws what is wrong. */
export function attempted(check: string, body: () => readonly Finding[]): readonly Finding[] {
  try {
    return body();
  } catch (error) {
    return [problemOf(check, error)];
  }
}

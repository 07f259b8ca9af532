import type { Context } from "./context.ts";
import { ClauthError } from "./errors.ts";
import { claudeWith } from "./shell-line.ts";

/**
 * The rules of what people see:
 * - stdout belongs to claude (shim) or carries results alone (`clauth`); everything else goes to stderr;
 * - a line begins with `clauth:`, is lower case and has no final period;
 * - an error is `clauth: error: what failed`, then `hint: what to type`; `CLAUTH_ERROR_FORMAT=json` gives one object;
 * - while claude runs nothing is printed at all: it would garble its screen. The log takes those lines.
 */

type Reporting = Pick<Context, "env" | "stderr">;

/** Prints one line of information, and below it what to type. */
export function notice(context: Reporting, text: string, hint?: string): void {
  context.stderr.write(`clauth: ${oneLine(text)}\n`);
  if (hint !== undefined) context.stderr.write(`hint: ${oneLine(hint)}\n`);
}

/** A text as one line. The name of a directory may hold anything: no control character of it reaches the terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "\uFFFD");
}

/** Prints one line of what was decided and why, where CLAUTH_DEBUG=1 asks for it. */
export function trace(context: Reporting, text: string): void {
  if (context.env["CLAUTH_DEBUG"] === "1") notice(context, `debug: ${text}`);
}

/** Prints an error in the format that the environment asks for. Anything that is not a ClauthError is a bug of ours. */
export function reportError(context: Reporting, thrown: unknown, format = errorFormat(context)): void {
  const error = asClauthError(thrown);
  if (format === "json") {
    context.stderr.write(`${JSON.stringify({ error: errorFields(error) })}\n`);
    return;
  }
  notice(context, `error: ${error.message}`, error.hint);
  if (context.env["CLAUTH_DEBUG"] === "1" && error.cause !== undefined) {
    notice(context, `debug: cause: ${String(error.cause)}`);
  }
}

export type ErrorFormat = "text" | "json";

export function errorFormat(context: Pick<Context, "env">): ErrorFormat {
  return context.env["CLAUTH_ERROR_FORMAT"] === "json" ? "json" : "text";
}

/** Wraps whatever was thrown, so that the entries deal with one class. */
export function asClauthError(thrown: unknown): ClauthError {
  if (thrown instanceof ClauthError) return thrown;
  return new ClauthError({
    kind: "internal",
    message: `unexpected: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    hint: `this is a bug of clauth; ${claudeWith("CLAUTH_BYPASS", "1")} starts the real claude meanwhile`,
    cause: thrown,
  });
}

function errorFields(error: ClauthError) {
  return {
    kind: error.kind,
    message: error.message,
    hint: error.hint ?? null,
    retry_safe: error.retrySafe,
    path: error.path ?? null,
  };
}

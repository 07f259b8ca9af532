import type { Context } from "./context.ts";
import { asClauthError, reportError } from "./report.ts";
import { type Exit, exitAs } from "./run/exit.ts";

/** Ends as claude ended, or says why there was none. */
export async function endAsClaude(context: Context, run: () => Promise<Exit>): Promise<never> {
  try {
    return exitAs(await run());
  } catch (error) {
    reportError(context, error);
    return process.exit(asClauthError(error).exitCode);
  }
}

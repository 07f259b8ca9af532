import { readContext } from "./context.ts";
import { asClauthError, reportError } from "./report.ts";
import { exitAs } from "./run/exit.ts";
import { runClaude } from "./shim.ts";

/** Called as `claude`: ends as claude ended. */
export async function enter(): Promise<never> {
  const context = readContext();
  try {
    return exitAs(await runClaude(context));
  } catch (error) {
    reportError(context, error);
    return process.exit(asClauthError(error).exitCode);
  }
}

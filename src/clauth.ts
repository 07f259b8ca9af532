import { runCommand } from "./cli.ts";
import { readContext } from "./context.ts";
import { asClauthError, reportError } from "./report.ts";

/** Called as `clauth`: ends with the status of the command. */
export async function enter(): Promise<never> {
  const context = readContext();
  try {
    return process.exit(await runCommand(context));
  } catch (error) {
    reportError(context, error);
    return process.exit(asClauthError(error).exitCode);
  }
}

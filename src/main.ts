import { readContext } from "./context.ts";
import { basename } from "./path.ts";
import { asClauthError, reportError } from "./report.ts";
import { exitAs } from "./run/exit.ts";
import { runClaude } from "./shim.ts";

/**
 * The one executable: called as `clauth` it is the command that manages profiles, by any other name it is `claude`.
 */
const context = readContext();
try {
  if (/^clauth(\.exe)?$/i.test(basename(context.calledAs))) {
    const { runCommand } = await import("./cli.ts");
    process.exit(await runCommand(context));
  }
  exitAs(await runClaude(context));
} catch (error) {
  reportError(context, error);
  process.exit(asClauthError(error).exitCode);
}

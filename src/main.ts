import { readContext } from "./context.ts";
import { isCalled } from "./own-executable.ts";
import { asClauthError, reportError } from "./report.ts";
import { exitAs } from "./run/exit.ts";
import { runClaude } from "./shim.ts";

/**
 * The one executable: called as `clauth` it is the command that manages profiles, by any other name it is `claude`.
 */
const context = readContext();
try {
  if (isCalled("clauth", context)) {
    const { runCommand } = await import("./cli.ts");
    process.exit(await runCommand(context));
  }
  exitAs(await runClaude(context));
} catch (error) {
  reportError(context, error);
  process.exit(asClauthError(error).exitCode);
}

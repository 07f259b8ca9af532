import { closeSync } from "node:fs";
import { readContext } from "../../../src/context.ts";
import { asClauthError, reportError } from "../../../src/report.ts";
import { become } from "../../../src/run/become.ts";
import { exitAs } from "../../../src/run/exit.ts";
import { startForeground } from "../../../src/run/foreground.ts";
import { readInherited } from "../../../src/run/inherited.ts";
import { launchFrom } from "../../../src/run/launch.ts";
import { startOtherwise } from "../../../src/run/start-otherwise.ts";
import { isAlive, stateOf } from "../../support/processes.ts";
import { waitFor } from "../../support/wait-for.ts";

/**
 * A program that stands where the shim stands: `become PROGRAM ARGS` turns into the program, `wait PROGRAM ARGS` starts it,
 * waits and ends as it did, `tell ARGS` prints what was inherited, texts as Latin-1 of their bytes. The descriptor $CLOSES is closed
 * once what was inherited is known. `wait` asks how the program ended when the process $OTHER has ended too.
 */
const context = readContext();
const inherited = readInherited(context);
const [what, path = ""] = context.args;
const { CLOSES, OTHER } = context.env;
if (CLOSES !== undefined) closeSync(Number(CLOSES));

try {
  if (what === "tell") {
    const { args, environment, descriptors, ignoredSignals } = inherited;
    const told = {
      args: args.slice(1),
      environment: environment.split("\0").slice(0, -1),
      descriptors,
      ignoredSignals: [...ignoredSignals()],
    };
    context.stdout.write(JSON.stringify(told));
    process.exit();
  }
  const args = inherited.args.slice(2);
  const launch = launchFrom(
    inherited,
    { path, argv0: path, args },
    { set: { STAND_IN: "yes" }, remove: ["GONE"] },
  );
  if (what === "become") become(launch);
  const running = startForeground(launch, inherited.ignoredSignals()) ?? startOtherwise(launch);
  if (OTHER !== undefined) {
    await waitFor("the end of both", () => stateOf(running.pid) === undefined && !isAlive(Number(OTHER)));
    process.emit("SIGCHLD", "SIGCHLD");
  }
  exitAs(await running.exited());
} catch (error) {
  reportError(context, error);
  process.exit(asClauthError(error).exitCode);
}

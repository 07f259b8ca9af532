import { readContext } from "../../../src/context.ts";
import { storeOf } from "../../../src/paths.ts";
import { parseProfileConfig } from "../../../src/profile/profile-config.ts";
import { parseProfileName } from "../../../src/profile-name.ts";
import { exitAs } from "../../../src/run/exit.ts";
import { readInherited } from "../../../src/run/inherited.ts";
import { launchFrom } from "../../../src/run/launch.ts";
import { runSession } from "../../../src/session/run.ts";

/** A program: runs another one as the claude of `work`, as if descriptors 3 to 30 had been open when they were listed. */
const context = readContext();
const [path = ""] = context.args;
const inherited = {
  ...readInherited(context),
  descriptors: Array.from({ length: 28 }, (_, index) => index + 3),
};
const launch = launchFrom(
  inherited,
  { path, argv0: path, args: inherited.args.slice(1) },
  { set: {}, remove: [] },
);
const config = parseProfileConfig("", "config.toml");
const request = { store: storeOf(context), name: parseProfileName("work"), config, overlay: {} };
exitAs(await runSession(context, request, launch, inherited));

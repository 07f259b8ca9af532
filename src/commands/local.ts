import { parseChoice } from "../config/choice.ts";
import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import { storeOf } from "../paths.ts";
import { SYSTEM } from "../profile-name.ts";
import { notice } from "../report.ts";
import { allow } from "../selection/remember-trust.ts";
import { resolveSelection } from "../selection/resolve.ts";
import { sourceSentence } from "../selection/select.ts";
import { removeRcFile, writeRcFile } from "../selection/write-rc-file.ts";
import { type Command, command, usageError } from "./command.ts";
import { nearestRcFile, noRcFile } from "./rc-file-argument.ts";
import { knownProfile, writableStore } from "./store.ts";

/** `clauth local`: the profile of this directory and those below it. */
export function local(context: Context): Command {
  return command({
    name: "local",
    summary: "show or set the profile of this directory (.clauthrc)",
    args: {
      name: { type: "positional", required: false, description: "the profile, or system; none shows it" },
      unset: { type: "boolean", description: "remove this directory's .clauthrc" },
    },
    examples: [
      ["clauth local work", "writes .clauthrc here"],
      ["clauth local system", "the untouched claude here"],
      ["clauth local --unset", "as above this directory again"],
    ],
    run: async ({ name, unset }) => {
      if (unset && name !== undefined) throw usageError("--unset takes no name", "local");
      if (unset) unsetHere(context);
      else if (name === undefined) show(context);
      else await setHere(context, name);
      return 0;
    },
  });
}

function show(context: Context): void {
  context.stdout.write(`${nearestRcFile(context).choice}\n`);
}

async function setHere(context: Context, name: string): Promise<void> {
  const choice = parseChoice(name, "clauth local");
  const store = choice === SYSTEM ? storeOf(context) : writableStore(context);
  const chosen = choice === SYSTEM ? choice : knownProfile(store, choice);
  const config = await readConfig(store);
  const file = writeRcFile(context.cwd, chosen);
  // Whoever writes the file vouches for it.
  if (config.trust === "allow") allow(store, file);
  notice(context, `${file.path} picks "${chosen}"`);

  const { selection } = resolveSelection(context, store, config);
  if (selection.source.path !== file.path) {
    notice(context, `but not in this shell: ${sourceSentence(selection.source)}, and that is stronger`);
  }
}

function unsetHere(context: Context): void {
  const removed = removeRcFile(context.cwd);
  if (removed === undefined) throw noRcFile(context.cwd);
  notice(context, `removed ${removed}`);
}

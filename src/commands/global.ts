import { parseChoice } from "../config/choice.ts";
import { readConfig } from "../config/config.ts";
import { editConfig } from "../config/edit-config.ts";
import { setTopLevel } from "../config/edit-toml.ts";
import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { storeOf } from "../paths.ts";
import { SYSTEM } from "../profile-name.ts";
import { notice } from "../report.ts";
import { type Command, command, usageError } from "./command.ts";
import { knownProfile, writableStore } from "./store.ts";

/** `clauth global`: the profile where nothing else picks one. */
export function global(context: Context): Command {
  return command({
    name: "global",
    summary: "show or set the default profile",
    args: {
      name: { type: "positional", required: false, description: "the profile, or system; none shows it" },
      unset: { type: "boolean", description: "have no default" },
    },
    examples: [
      ["clauth global personal", "where nothing else picks a profile"],
      ["clauth global --unset", "the untouched claude there"],
    ],
    run: async ({ name, unset }) => {
      if (unset && name !== undefined) throw usageError("--unset takes no name", "global");
      if (unset) await unsetDefault(context);
      else if (name === undefined) await show(context);
      else await setDefault(context, name);
      return 0;
    },
  });
}

async function show(context: Context): Promise<void> {
  const config = await readConfig(storeOf(context));
  if (config.default === undefined) {
    throw new ClauthError({
      kind: "no_default",
      message: "there is no default profile",
      hint: "clauth global NAME",
    });
  }
  context.stdout.write(`${config.default}\n`);
}

async function setDefault(context: Context, name: string): Promise<void> {
  const store = writableStore(context);
  const choice = parseChoice(name, "clauth global");
  const chosen = choice === SYSTEM ? choice : knownProfile(store, choice);
  await editConfig(store, (text) => setTopLevel(text, "default", chosen));
  notice(context, `"${chosen}" is the default (${store.config})`);
}

async function unsetDefault(context: Context): Promise<void> {
  const store = writableStore(context);
  await editConfig(store, (text) => setTopLevel(text, "default", undefined));
  notice(context, `there is no default now (${store.config})`);
}

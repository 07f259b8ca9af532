import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { profilePathsOf, storeOf } from "../paths.ts";
import { readProfileConfig } from "../profile/profile-config.ts";
import { PROFILE } from "./arguments.ts";
import { type Command, command } from "./command.ts";
import { knownProfile } from "./store.ts";

/** The hidden `clauth __api-key NAME`, which Claude Code runs as its `apiKeyHelper`: the key alone, on stdout. */
export function apiKey(context: Context): Command {
  return command({
    name: "__api-key",
    summary: "print a profile's API key, for Claude Code",
    args: { name: PROFILE },
    run: ({ name }) => {
      const store = storeOf(context);
      const profile = knownProfile(store, name);
      const paths = profilePathsOf(store, profile);
      const key = readProfileConfig(paths).apiKey;
      if (key === undefined) throw noKey(profile, paths.config);
      context.stdout.write(`${key}\n`);
      return 0;
    },
  });
}

function noKey(profile: string, path: string): ClauthError {
  return new ClauthError({
    kind: "no_api_key",
    message: `profile "${profile}" has no API key`,
    hint: `write api_key = "..." into ${path}`,
    path,
  });
}

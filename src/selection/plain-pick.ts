import { readConfig } from "../config/config.ts";
import type { Context } from "../context.ts";
import type { Store } from "../paths.ts";
import { resolveSelection } from "./resolve.ts";
import type { Selection } from "./select.ts";

/**
 * What a call picks, by whatever level, where there is nothing to say of it and `clauth.toml` asks for nothing else.
 * @throws ClauthError as `readConfig` and `resolveSelection`
 */
export async function plainPick(context: Context, store: Store): Promise<Selection | undefined> {
  const config = await readConfig(store);
  if (config.claude !== undefined || config.trust !== "owned") return undefined;
  const { selection, notes, firstUse } = resolveSelection(context, store, config);
  return notes.length === 0 && firstUse === undefined ? selection : undefined;
}

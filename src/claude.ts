import { readContext } from "./context.ts";
import { endAsClaude } from "./end-as-claude.ts";
import { runClaude } from "./shim.ts";

export { runClaude } from "./shim.ts";

/** Called as `claude`: ends as claude ended. */
export async function enter(): Promise<never> {
  const context = readContext();
  return endAsClaude(context, () => runClaude(context));
}

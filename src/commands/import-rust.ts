import { readRustStore } from "../adopt/rust-store.ts";
import type { Context } from "../context.ts";
import { storeOf } from "../paths.ts";
import { notice } from "../report.ts";
import { jsonText, tableText, viewOf } from "./output.ts";

/** `clauth import --from rust`: the same layout as ours, so nothing is moved; what is not right is named with its cure. */
export async function showRustStore(context: Context, json: boolean): Promise<number> {
  const store = storeOf(context);
  const { profiles, active, switches } = await readRustStore(context, store);
  if (json) {
    context.stdout.write(
      jsonText(profiles.map(({ name, state, problem = null }) => ({ name, state, problem }))),
    );
  } else {
    context.stdout.write(
      tableText(
        COLUMNS,
        profiles.map(({ name, state }) => [name, state]),
        viewOf(context),
      ),
    );
    notice(context, `${store.root} is used as it stands: its profiles are these`);
    for (const { name, problem } of profiles) {
      if (problem !== undefined) notice(context, `${name} ${problem.message}`, problem.hint);
    }
    if (active !== undefined) notice(context, `"${active}" was the active one: clauth global ${active}`);
    if (switches) notice(context, "its fallback chain is not used: clauth never changes accounts by itself");
  }
  return profiles.some(({ problem }) => problem !== undefined) ? 1 : 0;
}

const COLUMNS = [{ head: "PROFILE", whole: true }, { head: "STATE" }] as const;

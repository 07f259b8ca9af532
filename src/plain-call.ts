import { type Context, readContext } from "./context.ts";
import { areTight, placesInStore } from "./disk/tight.ts";
import { isMissing } from "./fs/glance.ts";
import { CALLS, isLinux, systemCall } from "./fs/linux.ts";
import { becomeFirstOnPath, isPlainCall } from "./pass-through.ts";
import { type Store, storeOf } from "./paths.ts";
import type { PlainCall } from "./plain-profile.ts";
import { isProfileName, SYSTEM } from "./profile-name.ts";

/**
 * Called as `claude`, and something may pick a profile. Where plainly nothing does, it becomes claude; else who
 * was picked is handed on, and all that had to be judged or said is left to `runClaude`.
 */
export async function enter(): Promise<never> {
  const context = readContext();
  const call = await plainCall(context);
  const { runPlainly } = await import("./plain-profile.ts");
  return runPlainly(context, call);
}

/** Undefined where any of what `runClaude` judges is there: it says what is wrong, too. */
async function plainCall(context: Context): Promise<PlainCall | undefined> {
  const { args, calledAs, env } = context;
  if (!isLinux || !isPlainCall(args, calledAs)) return undefined;
  const ofClaude = variablesOfClaude(env);
  if (ofClaude === undefined) return undefined;
  try {
    if (ofClaude.length > 0 && (await beatLogin(ofClaude))) return undefined;
    const store = storeOf(context);
    if (!areTight(placesInStore(store.root), systemCall(CALLS.geteuid, 0))) return undefined;
    return named(env, store) ?? (await picked(context, store));
  } catch {
    return undefined;
  }
}

/** The variables that Claude Code may go by; undefined where there is one of ours beside the two that this way knows. */
function variablesOfClaude(env: Context["env"]): readonly string[] | undefined {
  if (env["WSL_DISTRO_NAME"]) return undefined;
  const ofClaude: string[] = [];
  for (const name of Object.keys(env)) {
    if (name.startsWith("CLAUTH_") && name !== "CLAUTH_PROFILE" && name !== "CLAUTH_HOME") return undefined;
    if (name.startsWith("CLAUDE_") || name.startsWith("ANTHROPIC_")) ofClaude.push(name);
  }
  return ofClaude;
}

async function beatLogin(variables: readonly string[]): Promise<boolean> {
  const { beatsLogin } = await import("./identity-keys.ts");
  return variables.some(beatsLogin);
}

/** A name that stands in the environment beats what the modules of the selection would look at. */
function named(env: Context["env"], store: Store): PlainCall | undefined {
  const name = env["CLAUTH_PROFILE"] ?? "";
  return isProfileName(name) && isMissing(store.config) ? { store, name, explicit: true } : undefined;
}

async function picked(context: Context, store: Store): Promise<PlainCall | undefined> {
  const { plainPick } = await import("./selection/plain-pick.ts");
  const pick = await plainPick(context, store);
  if (pick === undefined) return undefined;
  const { choice, explicit } = pick;
  if (choice !== undefined && choice !== SYSTEM) return { store, name: choice, explicit };
  becomeFirstOnPath();
  return undefined;
}

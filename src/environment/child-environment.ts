import type { Environment } from "../context.ts";
import { identityVariable } from "../identity-keys.ts";
import { isObject, type JsonObject, ownValue } from "../json.ts";
import type { ProfileName } from "../profile-name.ts";

export type ChildEnvironmentInput = {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** What this call runs; a whole Selection fits. `explicit`: the child's own children inherit the choice. */
  readonly selection:
    | { readonly kind: "profile"; readonly name: ProfileName; readonly explicit: boolean }
    | { readonly kind: "system" }
    | { readonly kind: "none" };
  /** The runtime tree, absolute and canonical; absent for a `--home` profile, which lives in `~/.claude`. */
  readonly configDir?: string;
  /** The profile's `keep_env`. */
  readonly keepEnv: readonly string[];
  /** The profile of the claude around this call, where there is one. */
  readonly parent?: ParentProfile;
  /** The recursion guard, as computed for the child. */
  readonly guard: Readonly<Record<string, string>>;
};

export type ParentProfile = {
  readonly name: ProfileName;
  /** True where the inherited CLAUDE_CONFIG_DIR is its runtime tree. */
  readonly ownsConfigDir: boolean;
  /**
   * Every overlay that its running sessions had. Claude exports the `env` of its settings to everything that it starts, and
   * what was started keeps it when they change.
   */
  readonly overlays: readonly JsonObject[];
  /** False where it can't be known which they had: `overlays` is then the one that config.toml gives now. */
  readonly known: boolean;
};

export type ChildEnvironment = {
  readonly set: Readonly<Record<string, string>>;
  /** Every variable that the child must not see, sorted. */
  readonly remove: readonly string[];
  /** Those of them that the user has to hear of, sorted: names alone, a value may be a secret. */
  readonly removed: readonly string[];
};

/**
 * Decides what the child's environment differs in from the caller's. A profile's child sees nothing that would beat
 * the login of its config directory (invariant 1). Any other child only loses what came from a profile around it: Claude
 * exports the parent profile's base URL, and a login of the user's own (a CLAUDE_CONFIG_DIR that they set inside) would be
 * sent there. With no profile around, "none" keeps all.
 */
export function childEnvironment(input: ChildEnvironmentInput): ChildEnvironment {
  const { selection, guard } = input;
  if (selection.kind === "none" && input.parent === undefined) return { set: guard, remove: [], removed: [] };
  const removals = new Map<string, "said" | "silent">();
  for (const [name, value] of Object.entries(input.env)) {
    if (value === undefined) continue;
    const removal =
      selection.kind === "profile" ? cleaning(input, name, value) : shedding(input, name, value);
    if (removal !== undefined) removals.set(name, removal);
  }
  const set = { ...guard, ...(selection.kind === "profile" ? ofProfile(input, selection) : {}) };
  const remove: string[] = [];
  const removed: string[] = [];
  for (const [name, removal] of removals) {
    if (!Object.hasOwn(set, name)) remove.push(name);
    if (removal === "said") removed.push(name);
  }
  return { set, remove: inOrder(remove), removed: inOrder(removed) };
}

/** Most calls remove nothing, and the first sort of a process is compiled. */
function inOrder(names: string[]): readonly string[] {
  return names.length > 1 ? names.sort() : names;
}

function ofProfile(
  input: ChildEnvironmentInput,
  selection: { readonly name: ProfileName; readonly explicit: boolean },
): Record<string, string> {
  return {
    ...(input.configDir === undefined ? {} : { CLAUDE_CONFIG_DIR: input.configDir }),
    CLAUTH_ACTIVE_PROFILE: selection.name,
    ...(selection.explicit ? { CLAUTH_PROFILE: selection.name } : {}),
  };
}

type Removal = "said" | "silent" | undefined;

/** Under a profile: whatever beats its login goes, and what the parent's overlay left behind. */
function cleaning(input: ChildEnvironmentInput, name: string, value: string): Removal {
  if (name === "CLAUDE_CONFIG_DIR") return input.parent?.ownsConfigDir || value === "" ? "silent" : "said";
  const fromParent = mayBeTheParents(input, name, value);
  if (fromParent && !isOwnParent(input)) return "said";
  const identity = identityVariable(spelled(input, name));
  if (identity === undefined || input.keepEnv.includes(name)) return undefined;
  if (value === "" && identity.emptyCounts !== true) return "silent";
  // The same profile nested in itself: its settings bring the very value back, so there is nothing to tell.
  return fromParent && input.parent?.known ? "silent" : "said";
}

/** Without a profile: only what a profile of ours brought in goes. */
function shedding(input: ChildEnvironmentInput, name: string, value: string): Removal {
  if (name === "CLAUDE_CONFIG_DIR") return input.parent?.ownsConfigDir ? "silent" : undefined;
  if (name === "CLAUTH_ACTIVE_PROFILE") return "silent";
  const decides = identityVariable(spelled(input, name)) !== undefined;
  const replaced = decides && exportedByParent(input, name).length > 0;
  return replaced || mayBeTheParents(input, name, value) ? "said" : undefined;
}

/** True for what the parent's overlay brought in. Where its overlays are not known, any value of theirs and all that decides. */
function mayBeTheParents(input: ChildEnvironmentInput, name: string, value: string): boolean {
  if (input.parent === undefined) return false;
  const exported = exportedByParent(input, name);
  if (input.parent.known) return exported.includes(value);
  return exported.length > 0 || identityVariable(spelled(input, name)) !== undefined;
}

/** The values that the parent's overlays give a variable. */
function exportedByParent(input: ChildEnvironmentInput, name: string): readonly string[] {
  return (input.parent?.overlays ?? []).flatMap((overlay) => {
    const exported = ownValue(overlay, "env");
    const value = isObject(exported) ? ownValue(exported, name) : undefined;
    return typeof value === "string" ? [value] : [];
  });
}

function isOwnParent(input: ChildEnvironmentInput): boolean {
  return input.selection.kind === "profile" && input.selection.name === input.parent?.name;
}

/** Windows knows one variable by any case. */
function spelled(input: ChildEnvironmentInput, name: string): string {
  return input.platform === "win32" ? name.toUpperCase() : name;
}

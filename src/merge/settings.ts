import { isIdentitySetting } from "../identity-keys.ts";
import { equalJson, type JsonObject } from "../json.ts";
import { agreedBase } from "./agreed.ts";
import { type Parts, putBackAside, setAside } from "./aside.ts";
import { inOrderOf, leavesOf, valueAt, withBaseValueAt, withValueAt } from "./leaves.ts";
import { resetSides } from "./reset.ts";
import { type KeyPath, type Loss, type MergeInput, type MergeResult, mergeObjects } from "./three-way.ts";

export type SettingsInput = Omit<MergeInput, "atomic"> & {
  /** What the profile adds to the shared settings now. */
  readonly overlay: JsonObject;
  /**
   * Every overlay that the tree's side may hold, the last one last: more than one only where a write was cut short
   * between the tree and the record of its overlay.
   */
  readonly applied: readonly JsonObject[];
  /** The profile's `keep_env`: identity keys that this profile treats like any other. */
  readonly keep: readonly string[];
  /** What travels of the tree's copy, with paths into the tree as claude home has to spell them. */
  readonly rewriteHome: (document: JsonObject) => JsonObject;
};

/**
 * Merges `~/.claude/settings.json` (home) with a runtime tree's copy, less the profile's overlay.
 *
 * - The overlay never travels: before anything is compared, each of its keys in the tree is put back to its base value.
 * - A key that the user changed away from its overlay value stays in the tree until the overlay changes it; then the
 *   user's value is a Loss. One that decides the identity is the overlay's alone and is put right at once.
 * - Identity keys never travel: home keeps its own, the tree holds none but the overlay's.
 * - A side that looks reset deletes nothing.
 */
export function mergeSettings(input: SettingsInput): MergeResult {
  const base = input.base === "void" ? {} : travelling(input.base, input.keep).travels;
  const home = travelling(input.home, input.keep);
  const tree = travelling(withoutOverlay(input, base), input.keep);
  const reset = resetSides(base, home.travels, tree.travels);
  const merged = mergeObjects({
    base: reset.length > 0 ? "void" : input.base === "void" ? input.base : base,
    home: home.travels,
    tree: input.rewriteHome(tree.travels),
    later: input.later,
    deletion: input.deletion,
  });
  const newTree = withOverlay(input, merged.tree);
  return {
    ...merged,
    ...(reset.length > 0 && { reset }),
    home: putBackAside(input.home, home.aside, merged.home),
    tree: inOrderOf(input.tree, newTree),
    lost: [...merged.lost, ...overruled(input, newTree)],
  };
}

export type AgreedSettingsInput = Pick<SettingsInput, "base" | "home" | "tree" | "overlay" | "keep">;

/**
 * The next base of settings.json: what travels, per key only where both sides agree. Under a key of the `overlay` that
 * stands in the tree both count as holding home's value: it is what would stand there without the overlay.
 */
export function agreedSettings(input: AgreedSettingsInput): JsonObject {
  const base = input.base === "void" ? {} : travelling(input.base, input.keep).travels;
  const home = travelling(input.home, input.keep).travels;
  const tree = withoutOverlay({ ...input, applied: [input.overlay] }, home);
  return agreedBase(base, home, travelling(tree, input.keep).travels);
}

function travelling(document: JsonObject, keep: readonly string[]): Parts {
  return setAside(document, (key) => isIdentitySetting(key, keep));
}

type Overlays = Pick<SettingsInput, "tree" | "overlay" | "applied">;

/** A key of the new overlay alone is the user's own, unless it already holds just that value. */
function withoutOverlay({ tree, overlay, applied }: Overlays, shared: JsonObject): JsonObject {
  const ours = [
    ...applied.flatMap((one) => leavesOf(one)),
    ...leavesOf(overlay).filter((key) => equalJson(valueAt(tree, key), valueAt(overlay, key))),
  ];
  return ours.reduce((document, key) => withBaseValueAt(document, shared, key), tree);
}

function withOverlay(input: SettingsInput, shared: JsonObject): JsonObject {
  return leavesOf(input.overlay).reduce((document, key) => {
    const value = valueAt(staysTheUsers(input, key) ? input.tree : input.overlay, key);
    return withValueAt(document, key, value);
  }, shared);
}

/** True where the user changed the key, or removed it, and the overlay still is the one that they changed it from. */
function staysTheUsers(input: SettingsInput, key: KeyPath): boolean {
  const last = valueAt(input.applied.at(-1) ?? {}, key);
  return (
    last !== undefined &&
    equalJson(last, valueAt(input.overlay, key)) &&
    !isIdentitySetting(key) &&
    !holdsOverlayValue(input, key) &&
    !(input.base === "void" && valueAt(input.tree, key) === undefined)
  );
}

function holdsOverlayValue({ tree, applied }: Overlays, key: KeyPath): boolean {
  return applied.some((one) => equalJson(valueAt(one, key), valueAt(tree, key)));
}

/** What stood in the tree by somebody else's hand and stands there no more, or as another value. */
function overruled(input: SettingsInput, newTree: JsonObject): Loss[] {
  const candidates = new Map(
    [
      ...input.applied.flatMap((one) => leavesOf(one)),
      ...leavesOf(travelling(input.tree, input.keep).aside),
    ].map((key) => [JSON.stringify(key), key]),
  );
  return [...candidates.values()].flatMap((key) => {
    const lost = valueAt(input.tree, key);
    const kept = valueAt(newTree, key);
    if (lost === undefined || equalJson(lost, kept) || holdsOverlayValue(input, key)) return [];
    return [{ key, side: "tree", kept, lost }];
  });
}

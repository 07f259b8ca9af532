import { join, resolve } from "../path.ts";
import type { Isolation } from "./entries.ts";
import type { LinkMode } from "./forced-mode.ts";
import type { RootFacts, TreeFacts } from "./inspect.ts";
import type { Manifest } from "./manifest.ts";

/** All that a decision about one entry may depend on. */
export type Scene = {
  readonly facts: TreeFacts;
  /** The manifest, where it speaks of these very roots. */
  readonly known: Manifest | undefined;
  /** Where claude home was when the tree was last built: links into it are ours too. */
  readonly formerHome: string | undefined;
  readonly isolate: Isolation;
  readonly mode: LinkMode;
};

/** True for a link to the entry of the same name in claude home, however it is spelled. */
export function isRight(scene: Scene, name: string, text: string): boolean {
  const { home, tree } = scene.facts;
  return text === `${home.path}/${name}` || leadsTo(tree, name, text) === join(home.path, name);
}

/** Ours is what leads into claude home, as it is spelled, as it resolves, or as it was when the tree was built. */
export function isOurs(scene: Scene, name: string, text: string): boolean {
  const { home, tree } = scene.facts;
  const target = leadsTo(tree, name, text);
  return [home.path, home.realPath, scene.formerHome].some(
    (root) => root !== undefined && target.startsWith(`${root}/`),
  );
}

/** Absolute, and by the text alone: no link on the way is resolved. */
function leadsTo(tree: RootFacts, name: string, text: string): string {
  return resolve(tree.path, name, "..", text);
}

import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { claudeHomeOf, type ProfilePaths, profilePathsOf, storeOf } from "../../../src/paths.ts";
import { parseProfileName } from "../../../src/profile-name.ts";
import { type Applied, applyTree, type TreePlaces } from "../../../src/tree/apply.ts";
import type { Isolation } from "../../../src/tree/entries.ts";
import type { LinkMode } from "../../../src/tree/forced-mode.ts";
import { inspectTree } from "../../../src/tree/inspect.ts";
import { readManifest } from "../../../src/tree/manifest.ts";
import { planTree, type TreePlan } from "../../../src/tree/plan.ts";

/** A temporary HOME with a claude home and one profile, and what the tests ask of them. */
export type TwoRoots = TreePlaces & {
  readonly base: string;
  readonly homePath: (name: string) => string;
  readonly treePath: (name: string) => string;
  readonly plan: (options?: PassOptions) => TreePlan;
  /** Inspect, plan, apply: what a start does. */
  readonly pass: (options?: PassOptions) => Applied;
  /** The same with another claude home. */
  readonly passAt: (home: { readonly root: string }, options?: PassOptions) => Applied;
  readonly remove: () => void;
};

export type PassOptions = {
  readonly idle?: boolean;
  readonly isolate?: Isolation;
  /** Symlinks where not given. */
  readonly mode?: LinkMode;
};

export function twoRoots(): TwoRoots {
  return twoRootsIn(realpathSync(mkdtempSync(join(tmpdir(), "clauth-tree-"))));
}

/** The same in a directory that is there already. */
export function twoRootsIn(base: string): TwoRoots {
  const home = claudeHomeOf(base);
  const paths: ProfilePaths = profilePathsOf(storeOf({ env: {}, home: base }), parseProfileName("work"));
  mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  mkdirSync(paths.base, { recursive: true, mode: 0o700 });
  const planAt = (
    at: { readonly root: string },
    { idle = true, isolate = [], mode = "symlink" }: PassOptions = {},
  ) =>
    planTree(inspectTree(at, paths), readManifest(paths), { idle, isolate, choice: { mode, forced: false } });
  return {
    base,
    home,
    paths,
    homePath: (name) => join(home.root, name),
    treePath: (name) => join(paths.runtime, name),
    plan: (options) => planAt(home, options),
    pass: (options) => applyTree(planAt(home, options), { home, paths }),
    passAt: (at, options) => applyTree(planAt(at, options), { home: at, paths }),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

export function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

export function text(path: string): string {
  return readFileSync(path, "utf8");
}

/** "-> target" for a link, "dir", "file", "other" or "nothing": what stands at a path itself. */
export function kind(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return "nothing";
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  return stat.isDirectory() ? "dir" : stat.isFile() ? "file" : "other";
}

/** The content of every regular file below a directory; no link is followed. */
export function everyContent(root: string): string[] {
  if (lstatSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const path = join(root, entry.name);
    if (entry.isDirectory()) return everyContent(path);
    return entry.isFile() ? [text(path)] : [];
  });
}

import { checkpoint } from "../checkpoint.ts";
import { disk, type LinkType, letGo } from "../disk/disk.ts";
import { domainError } from "../disk/errno.ts";
import { errnoOf } from "../errors.ts";
import { constants } from "../fs.ts";
import { join } from "../path.ts";
import type { ProfilePaths } from "../paths.ts";
import { quarantineCopy, quarantineDisplaced } from "../quarantine.ts";
import { copyNew } from "./copy-new.ts";
import { inspectTree } from "./inspect.ts";
import { joinDirectory } from "./join-directory.ts";
import { type Manifest, manifestOf, outdated, writeManifest } from "./manifest.ts";
import { mergeFile } from "./merge-file.ts";
import type { TreePlan } from "./plan.ts";
import { linkUnlessThere, putLink, removeLink } from "./put-link.ts";
import { rewriteLeakedFiles } from "./rewrite-leaked-files.ts";
import type { Skipped, Step } from "./step.ts";

export type TreePlaces = { readonly home: { readonly root: string }; readonly paths: ProfilePaths };

export type Applied = {
  readonly manifest: Manifest | undefined;
  /** Names whose steps wait until the tree is idle. */
  readonly deferred: readonly string[];
  /** Entries left as they are, each with the reason. */
  readonly skipped: readonly Skipped[];
  /** What was done, for the log. */
  readonly done: readonly Step[];
  /** Files of claude home that named the tree by an absolute path and now name claude home. */
  readonly rewritten: readonly string[];
};

/**
 * Carries a plan out, step by step. A step that fails is skipped by name and the others go on: a full disk or a
 * read-only claude home costs the entries in question, never the start. Every step can be cut short by a kill; the next
 * plan then finds what is left to do. The caller holds the state lock.
 * @throws ClauthError where the tree itself can't be made
 */
export function applyTree(plan: TreePlan, places: TreePlaces): Applied {
  const done: Step[] = [];
  const skipped: Skipped[] = [...plan.skipped];
  const type = plan.choice.mode === "junction" ? "junction" : undefined;
  for (const step of plan.steps) {
    if (skipped.some((entry) => concerns(entry, step))) continue;
    try {
      skipped.push(...applyStep(step, places, type));
      done.push(step);
      checkpoint(`tree-${step.do}`);
    } catch (cause) {
      const error = domainError(cause, VERB[step.do], join(places.home.root, step.name));
      if (step.do === "make-root" && step.root === "tree") throw error;
      skipped.push({ name: step.name, why: error.message });
    }
  }
  const leaks = rewriteLeakedFiles(plan.facts, plan.known?.leakFree);
  skipped.push(...leaks.skipped);
  const manifest = remember(plan, places, done.length > 0, leaks.leakFree);
  const deferred = [...new Set(plan.deferred.map((step) => step.name))];
  return { manifest, deferred, skipped, done, rewritten: leaks.rewritten };
}

/** What failed for a root or a split directory is not tried for each entry in it. */
function concerns(entry: Skipped, step: Step): boolean {
  return entry.name === step.name || entry.name === "" || step.name.startsWith(`${entry.name}/`);
}

const VERB: Record<Step["do"], string> = {
  "make-root": "make the directory",
  "make-home": "make",
  "make-split": "make the directory for",
  link: "link",
  relink: "link",
  unlink: "unlink",
  swap: "link",
  adopt: "take over",
  "merge-file": "merge",
  quarantine: "set aside",
  "move-directory": "move",
  "merge-directory": "merge",
  sweep: "remove the leftover",
};

/** @returns what inside a merged directory had to stay where it was */
function applyStep(step: Step, { home, paths }: TreePlaces, type: LinkType | undefined): readonly Skipped[] {
  const treePath = join(paths.runtime, step.name);
  const homePath = join(home.root, step.name);
  const displaced = (path: string) => quarantineDisplaced(paths, `displaced-${step.name}`, path);
  switch (step.do) {
    case "make-root":
      disk.makeDirectory(step.root === "tree" ? paths.runtime : home.root, 0o700);
      return [];
    case "make-home":
      makeAtHome(homePath, step.type);
      return [];
    case "make-split":
      if (step.replaces !== undefined) removeLink(treePath, step.replaces);
      disk.makeNewDirectory(treePath, 0o700);
      return [];
    case "link":
      linkUnlessThere(homePath, treePath, type);
      return [];
    case "relink":
      putLink(homePath, treePath, { text: step.text }, { type, displaced });
      return [];
    case "unlink":
      removeLink(treePath, step.text);
      return [];
    case "swap":
      // With one name alone both paths are that name, by a mount.
      if (disk.lstat(homePath).nlink < 2n) return [{ name: step.name, why: "it is claude home's own file" }];
      putLink(homePath, treePath, { file: step.tree }, { displaced });
      return [];
    case "adopt":
      copyNew(treePath, homePath);
      checkpoint("tree-adopted");
      putLink(homePath, treePath, { file: step.tree }, { displaced });
      return [];
    case "merge-file":
      mergeFile({ ...step, treePath, homePath }, paths);
      checkpoint("tree-file-merged");
      putLink(homePath, treePath, { file: step.tree }, { displaced });
      return [];
    case "quarantine":
      quarantineCopy(paths, step.name, treePath);
      putLink(homePath, treePath, { file: step.tree }, { type, displaced });
      return [];
    case "move-directory":
    case "merge-directory":
      return joinDirectory({ name: step.name, tree: treePath, home: homePath, paths }, type);
    case "sweep":
      disk.unlink(treePath);
      return [];
  }
}

/** Left as it is where somebody made it meanwhile. */
function makeAtHome(path: string, type: "directory" | "file"): void {
  if (type === "directory") {
    disk.makeDirectory(path, 0o700);
    return;
  }
  try {
    letGo(disk.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

/** Inspects again only where something was done, and writes only where the manifest no longer tells the truth. */
function remember(
  plan: TreePlan,
  places: TreePlaces,
  changed: boolean,
  leakFree: Manifest["leakFree"],
): Manifest | undefined {
  const facts = changed ? inspectTree(places.home, places.paths) : plan.facts;
  const manifest = manifestOf(facts, { ...plan.choice, leakFree, old: plan.known });
  if (manifest === undefined || !outdated(plan.known, manifest)) return plan.known;
  writeManifest(places.paths, manifest);
  return manifest;
}

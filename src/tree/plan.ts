import { isTemporaryName } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { basename } from "../path.ts";
import { decideShared } from "./decide-shared.ts";
import { entryKind, type Isolation, SHARED_DIRECTORIES, SHARED_FILES } from "./entries.ts";
import { type Entry, leadsToDirectory, type RootFacts, sameInode, type TreeFacts } from "./inspect.ts";
import type { ModeChoice } from "./link-mode.ts";
import { knowsRoots, type Manifest } from "./manifest.ts";
import { SPLIT_DIRECTORY } from "./odd-entries.ts";
import { isOurs, type Scene } from "./scene.ts";
import { type Decision, describe, isStep, type Skipped, type Step, skip } from "./step.ts";

/** What makes a tree right, in order. Steps of different names do not depend on each other, split directories excepted. */
export type TreePlan = {
  readonly choice: ModeChoice;
  readonly facts: TreeFacts;
  /** The manifest that the plan was made with. */
  readonly known: Manifest | undefined;
  readonly steps: readonly Step[];
  /** Steps that wait until no other session and no daemon of the tree lives. */
  readonly deferred: readonly Step[];
  /** Entries that nothing can be done about; they are left as they are. */
  readonly skipped: readonly Skipped[];
};

export type PlanOptions = {
  readonly isolate: Isolation;
  readonly choice: ModeChoice;
  /** True where no other session and no daemon of this tree lives. Unknown is false. */
  readonly idle: boolean;
};

/**
 * Decides what to do about every entry of both roots.
 * @throws ClauthError `tree_unreadable` where the tree is there and can't be listed; `tree_is_home` where both roots are one
 * directory (a mount, a link), so that linking would delete what it links
 */
export function planTree(facts: TreeFacts, manifest: Manifest | undefined, options: PlanOptions): TreePlan {
  if (facts.tree.state === "unreadable") throw treeUnreadable(facts.tree.path);
  if (isOneDirectory(facts)) throw treeIsHome(facts);
  const known = manifest !== undefined && knowsRoots(manifest, facts) ? manifest : undefined;
  const { isolate, choice } = options;
  const scene: Scene = { facts, known, formerHome: manifest?.home.path, isolate, mode: choice.mode };
  const decisions = facts.home.state === "unreadable" ? [homeUnreadable(facts.home)] : decideAll(scene);
  const steps = [...rootSteps(facts), ...decisions.filter(isStep)];
  return {
    choice,
    facts,
    known: manifest,
    steps: steps.filter((step) => options.idle || step.waits === undefined),
    deferred: steps.filter((step) => !options.idle && step.waits !== undefined),
    skipped: decisions.filter((decision) => !isStep(decision)),
  };
}

function rootSteps(facts: TreeFacts): Step[] {
  const steps: Step[] = [];
  if (facts.tree.state === "missing") {
    steps.push({ do: "make-root", root: "tree", name: "", why: "the profile has no runtime tree yet" });
  }
  if (facts.home.state === "missing") {
    steps.push({ do: "make-root", root: "home", name: "", why: "there is no claude home yet" });
  }
  return steps;
}

/** Every name of either root once, wanted ones first: a link of `ide/` is what editors wait for. */
function decideAll(scene: Scene): Decision[] {
  const { home, tree } = scene.facts;
  const decisions: Decision[] = [];
  const within: string[] = [];
  function consider(name: string): void {
    if (name.includes("/")) within.push(name);
    else decisions.push(...decide(scene, name));
  }
  for (const name of WANTED) consider(name);
  for (const name of home.entries.keys()) if (!WANTED.has(name)) consider(name);
  for (const name of tree.entries.keys()) if (!WANTED.has(name) && !home.entries.has(name)) consider(name);
  return [...decisions, ...decideSplit(scene, within)];
}

const WANTED: ReadonlySet<string> = new Set([...SHARED_DIRECTORIES, ...SHARED_FILES]);

function decide(scene: Scene, name: string): readonly Decision[] {
  const inTree = scene.facts.tree.entries.get(name);
  switch (entryKind(name, scene.isolate)) {
    case "reconciled":
    case "split":
      return [];
    case "transient":
      return decideTransient(name, inTree);
    case "private":
      return decidePrivate(scene, name, inTree);
    case "shared":
      return decideShared(scene, name, WANTED.has(name));
  }
}

/** Locks and files in flight are somebody's; only what a killed process of ours left in the tree is swept. */
function decideTransient(name: string, inTree: Entry | undefined): Decision[] {
  if (!isTemporaryName(basename(name)) || inTree === undefined) return [];
  if (inTree.type !== "link" && inTree.type !== "file") return [];
  return [{ do: "sweep", name, why: "a process of ours was killed here", waits: "idle" }];
}

function decidePrivate(scene: Scene, name: string, inTree: Entry | undefined): Decision[] {
  if (inTree?.type !== "link" || !isOurs(scene, name, inTree.text)) return [];
  return [{ do: "unlink", name, text: inTree.text, why: "it is the profile's own now", waits: "idle" }];
}

/** A directory with shared and private entries is a real one in the tree, and its entries are linked one by one. */
function decideSplit(scene: Scene, within: readonly string[]): Decision[] {
  const name = SPLIT_DIRECTORY;
  if (entryKind(name, scene.isolate) !== "split") {
    return [name, ...within].flatMap((entry) => decide(scene, entry));
  }
  const inTree = scene.facts.tree.entries.get(name);
  const inHome = scene.facts.home.entries.get(name);
  if (inTree?.type === "link") {
    if (!isOurs(scene, name, inTree.text)) return [];
    return [
      {
        do: "make-split",
        name,
        replaces: inTree.text,
        why: "some of its entries are private",
        waits: "idle",
      },
      ...within.flatMap((entry) => decide(scene, entry)).map(waiting),
    ];
  }
  if (inTree !== undefined && inTree.type !== "directory") return [skip(name, describe(inTree))];
  if (inHome !== undefined && !leadsToDirectory(inHome)) return [skip(name, describe(inHome))];
  const decisions = within.flatMap((entry) => decide(scene, entry));
  if (!decisions.some(isStep)) return decisions;
  const before: Step[] = [];
  if (inTree === undefined) before.push({ do: "make-split", name, why: "some of its entries are private" });
  if (inHome === undefined) {
    before.push({ do: "make-home", type: "directory", name, why: "the tree has entries for it" });
  }
  return [...before, ...decisions];
}

function waiting(decision: Decision): Decision {
  return isStep(decision) ? { ...decision, waits: "idle" } : decision;
}

function homeUnreadable(home: RootFacts): Skipped {
  return skip(home.path, "it can't be read, so nothing in it is linked or unlinked");
}

function treeUnreadable(path: string): ClauthError {
  return new ClauthError({
    kind: "tree_unreadable",
    message: `the runtime tree ${path} can't be read`,
    hint: "check its owner and mode with `ls -ld`: it has to be a directory of yours",
    path,
  });
}

function isOneDirectory({ home, tree }: TreeFacts): boolean {
  return (
    home.identity !== undefined && tree.identity !== undefined && sameInode(home.identity, tree.identity)
  );
}

function treeIsHome({ home, tree }: TreeFacts): ClauthError {
  return new ClauthError({
    kind: "tree_is_home",
    message: `${tree.path} and ${home.path} are one directory`,
    hint: "undo the mount or the link that makes them one: look at both with `ls -ld` and `findmnt`",
    path: tree.path,
  });
}

import { basename, join, resolve } from "node:path";
import { isTemporaryName } from "../disk/write-file.ts";
import { ClauthError } from "../errors.ts";
import { entryKind, type Isolation, SHARED_DIRECTORIES, SHARED_FILES, SPLIT_DIRECTORY } from "./entries.ts";
import {
  type Entry,
  type FileFacts,
  leadsToDirectory,
  type RootFacts,
  sameInode,
  type TreeFacts,
} from "./inspect.ts";
import { knowsRoots, type LinkMode, type Manifest } from "./manifest.ts";
import { decideWinner, type Winner } from "./merge-file.ts";

/** What makes a tree right, in order. Steps of different names do not depend on each other, split directories excepted. */
export type TreePlan = {
  readonly mode: LinkMode;
  readonly facts: TreeFacts;
  /** The manifest that the plan was made with. */
  readonly known: Manifest | undefined;
  readonly steps: readonly Step[];
  /** Steps that wait until no other session and no daemon of the tree lives. */
  readonly deferred: readonly Step[];
  /** Entries that nothing can be done about; they are left as they are. */
  readonly skipped: readonly Skipped[];
};

export type Step = Action & { readonly name: string; readonly why: string; readonly waits?: "idle" };

export type Action =
  /** Makes the root of claude home or of the tree. */
  | { readonly do: "make-root"; readonly root: "home" | "tree" }
  /** Makes an entry of claude home that the tree is about to link. */
  | { readonly do: "make-home"; readonly type: "directory" | "file" }
  /** Makes the tree's own half of a split directory, in the place of a link of ours where there is one. */
  | { readonly do: "make-split"; readonly replaces?: string }
  | { readonly do: "link" }
  /** Replaces a link of ours, whose text is given, by the right one. */
  | { readonly do: "relink"; readonly text: string }
  /** Removes a link of ours, whose text is given. */
  | { readonly do: "unlink"; readonly text: string }
  /** Replaces a file of the tree by the link: claude home has that very file (a second name of one inode). */
  | { readonly do: "swap"; readonly tree: FileFacts }
  /** Gives a file of the tree to claude home, which has none of that name. */
  | { readonly do: "adopt"; readonly tree: FileFacts }
  /** Two files, one name. `home` is undefined where claude home has a link that leads to no file yet. */
  | {
      readonly do: "merge-file";
      readonly tree: FileFacts;
      readonly home: FileFacts | undefined;
      readonly winner: Winner;
    }
  /** Sets a file of the tree aside: a directory of claude home has its name. */
  | { readonly do: "quarantine"; readonly tree: FileFacts }
  | { readonly do: "move-directory" }
  /** Merges a directory into the one of claude home, file by file. */
  | { readonly do: "merge-directory" }
  /** Removes a temporary file of ours that a killed process left. */
  | { readonly do: "sweep" };

export type Skipped = { readonly name: string; readonly why: string };

export type PlanOptions = {
  readonly isolate: Isolation;
  readonly mode: LinkMode;
  /** True where no other session and no daemon of this tree lives. Unknown is false. */
  readonly idle: boolean;
};

/**
 * Decides what to do about every entry of both roots.
 * @throws ClauthError `tree_unreadable` where the tree is there and can't be listed; `link_mode_unsupported`
 */
export function planTree(facts: TreeFacts, manifest: Manifest | undefined, options: PlanOptions): TreePlan {
  if (facts.tree.state === "unreadable") throw treeUnreadable(facts.tree.path);
  if (options.mode !== "symlink") throw unsupported(options.mode);
  const known = manifest !== undefined && knowsRoots(manifest, facts) ? manifest : undefined;
  const scene: Scene = { facts, known, formerHome: manifest?.home.path, isolate: options.isolate };
  const decisions = facts.home.state === "unreadable" ? [homeUnreadable(facts.home)] : decideAll(scene);
  const steps = [...rootSteps(facts), ...decisions.filter(isStep)];
  return {
    mode: options.mode,
    facts,
    known: manifest,
    steps: steps.filter((step) => options.idle || step.waits === undefined),
    deferred: steps.filter((step) => !options.idle && step.waits !== undefined),
    skipped: decisions.filter((decision) => !isStep(decision)),
  };
}

type Scene = {
  readonly facts: TreeFacts;
  /** The manifest, where it speaks of these very roots. */
  readonly known: Manifest | undefined;
  /** Where claude home was when the tree was last built: links into it are ours too. */
  readonly formerHome: string | undefined;
  readonly isolate: Isolation;
};

type Decision = Step | Skipped;

function isStep(decision: Decision): decision is Step {
  return "do" in decision;
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

function decideAll(scene: Scene): Decision[] {
  const { home, tree } = scene.facts;
  const wanted: string[] = [...SHARED_DIRECTORIES, ...SHARED_FILES];
  const names = new Set([...wanted, ...home.entries.keys(), ...tree.entries.keys()]);
  const top = [...names].filter((name) => !name.includes("/"));
  const within = [...names].filter((name) => name.includes("/"));
  return [
    ...top.flatMap((name) => decide(scene, name, wanted.includes(name))),
    ...decideSplit(scene, within),
  ];
}

function decide(scene: Scene, name: string, wanted: boolean): Decision[] {
  const inTree = scene.facts.tree.entries.get(name);
  switch (entryKind(name, scene.isolate)) {
    case "reconciled":
    case "split":
      return [];
    case "transient":
      return decideTransient(scene, name, inTree);
    case "private":
      return decidePrivate(scene, name, inTree);
    case "shared":
      return decideShared(scene, name, wanted);
  }
}

/** Locks and files in flight are somebody's; only what a killed process of ours left in the tree is swept. */
function decideTransient(scene: Scene, name: string, inTree: Entry | undefined): Decision[] {
  if (!isTemporaryName(basename(name)) || inTree === undefined) return [];
  if (inTree.type === "link" && !isOurs(scene, name, inTree.text)) return [];
  if (inTree.type !== "link" && inTree.type !== "file") return [];
  return [{ do: "sweep", name, why: "a process of ours was killed here", waits: "idle" }];
}

function decidePrivate(scene: Scene, name: string, inTree: Entry | undefined): Decision[] {
  if (inTree?.type !== "link" || !isOurs(scene, name, inTree.text)) return [];
  return [{ do: "unlink", name, text: inTree.text, why: "it is the profile's own now", waits: "idle" }];
}

function decideShared(scene: Scene, name: string, wanted: boolean): Decision[] {
  const inTree = scene.facts.tree.entries.get(name);
  const inHome = scene.facts.home.entries.get(name);
  if (inHome?.type === "unreadable" || inTree?.type === "unreadable") {
    return [skip(name, inTree?.type === "unreadable" ? inTree.why : describe(inHome))];
  }
  if (inHome === undefined) return decideMissingAtHome(scene, name, inTree, wanted);
  if (inHome.type === "other") {
    return inTree === undefined || inTree.type === "link" ? [] : [skip(name, describe(inHome))];
  }
  switch (inTree?.type) {
    case undefined:
      return [{ do: "link", name, why: "claude home has it" }];
    case "link":
      return decideLink(scene, name, inTree.text);
    case "file":
      return [decideFile(scene, name, inTree.stat, inHome)];
    case "directory":
      return [decideDirectory(name, inHome)];
    case "other":
      return [skip(name, describe(inTree))];
  }
}

/** Nothing of that name in claude home: what Claude Code made in the tree goes there, and links to nothing go. */
function decideMissingAtHome(
  scene: Scene,
  name: string,
  inTree: Entry | undefined,
  wanted: boolean,
): Decision[] {
  const made = {
    do: "make-home",
    type: SHARED_FILES.some((file) => file === name) ? "file" : "directory",
  } as const;
  switch (inTree?.type) {
    case undefined:
      if (!wanted) return [];
      return [
        { ...made, name, why: "every profile shares it" },
        { do: "link", name, why: "every profile shares it" },
      ];
    case "link":
      if (!isOurs(scene, name, inTree.text)) return [];
      if (wanted)
        return [{ ...made, name, why: "its link leads nowhere" }, ...decideLink(scene, name, inTree.text)];
      return [{ do: "unlink", name, text: inTree.text, why: "claude home has it no more", waits: "idle" }];
    case "file":
      return [
        { do: "adopt", name, tree: inTree.stat, why: "it is new in the tree", ...acrossDevices(scene) },
      ];
    case "directory":
      return [{ do: "move-directory", name, why: "it is new in the tree", waits: "idle" }];
    default:
      return [];
  }
}

function decideLink(scene: Scene, name: string, text: string): Decision[] {
  if (isRight(scene, name, text)) return [];
  // Somebody else's link (the user's, another tool's): tolerated, and what it leads to is none of ours.
  if (!isOurs(scene, name, text)) return [];
  return [{ do: "relink", name, text, why: "it led to another place in claude home", waits: "idle" }];
}

function decideFile(scene: Scene, name: string, tree: FileFacts, inHome: Entry): Decision {
  if (leadsToDirectory(inHome)) {
    return { do: "quarantine", name, tree, why: "claude home has a directory of that name" };
  }
  if (inHome.type === "link" && inHome.leads === "elsewhere") return skip(name, describe(inHome));
  const home = inHome.type === "file" ? inHome.stat : inHome.type === "link" ? inHome.file : undefined;
  if (home !== undefined && sameInode(tree, home)) {
    return { do: "swap", name, tree, why: "it is the very file of claude home" };
  }
  const winner = decideWinner(name, tree, home, scene.known?.entries.get(name));
  return { do: "merge-file", name, tree, home, winner, why: WINNER_WHY[winner], ...acrossDevices(scene) };
}

const WINNER_WHY: Record<Winner, string> = {
  tree: "the tree's file is newer than claude home's",
  home: "claude home's file was written later",
  both: "both were appended to",
};

function decideDirectory(name: string, inHome: Entry): Decision {
  if (!leadsToDirectory(inHome)) return skip(name, "it is a directory in the tree and a file in claude home");
  return {
    do: "merge-directory",
    name,
    why: "the tree has a directory in the place of the link",
    waits: "idle",
  };
}

/** A directory with shared and private entries is a real one in the tree, and its entries are linked one by one. */
function decideSplit(scene: Scene, within: readonly string[]): Decision[] {
  const name = SPLIT_DIRECTORY;
  if (entryKind(name, scene.isolate) !== "split") return decide(scene, name, false);
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
      ...within.flatMap((entry) => decide(scene, entry, false)).map(waiting),
    ];
  }
  if (inTree !== undefined && inTree.type !== "directory") return [skip(name, describe(inTree))];
  if (inHome !== undefined && !leadsToDirectory(inHome)) return inTree ? [skip(name, describe(inHome))] : [];
  const decisions = within.flatMap((entry) => decide(scene, entry, false));
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

/** Copying takes time in which a session may go on writing. */
function acrossDevices(scene: Scene): { readonly waits?: "idle" } {
  const { home, tree } = scene.facts;
  return home.identity?.dev === tree.identity?.dev ? {} : { waits: "idle" };
}

function isRight(scene: Scene, name: string, text: string): boolean {
  const { home, tree } = scene.facts;
  return text === join(home.path, name) || leadsTo(tree, name, text) === join(home.path, name);
}

/** Ours is what leads into claude home, as it is spelled, as it resolves, or as it was when the tree was built. */
function isOurs(scene: Scene, name: string, text: string): boolean {
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

function skip(name: string, why: string): Skipped {
  return { name, why };
}

function describe(entry: Entry | undefined): string {
  if (entry?.type === "unreadable") return entry.why;
  if (entry?.type === "link") return "its link can't be followed";
  return "it is neither a file nor a directory nor a link";
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

function unsupported(mode: LinkMode): ClauthError {
  return new ClauthError({
    kind: "link_mode_unsupported",
    message: `the link mode "${mode}" is not available on this platform`,
    hint: "unset CLAUTH_LINK_MODE",
  });
}

import { SHARED_FILES } from "./entries.ts";
import { type Entry, type FileFacts, leadsToDirectory, sameInode } from "./inspect.ts";
import { decideWinner, type Winner } from "./merge-file.ts";
import { isOurs, isRight, type Scene } from "./scene.ts";
import { type Decision, describe, skip } from "./step.ts";

/**
 * Decides about a name that all profiles share.
 * @param wanted true for an entry that claude home should have in any case
 */
export function decideShared(scene: Scene, name: string, wanted: boolean): Decision[] {
  const inTree = scene.facts.tree.entries.get(name);
  const inHome = scene.facts.home.entries.get(name);
  if (inHome?.type === "unreadable" || inTree?.type === "unreadable") {
    return [skip(name, inTree?.type === "unreadable" ? inTree.why : describe(inHome))];
  }
  if (isCopied(scene, inHome, inTree, name)) return decideCopied(scene, name, wanted);
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

/** True for what this tree has as a copy, which the mirror keeps equal. A junction leads to directories alone. */
function isCopied(
  { mode }: Scene,
  inHome: Entry | undefined,
  inTree: Entry | undefined,
  name: string,
): boolean {
  if (mode !== "junction") return mode === "copy";
  if (leadsToDirectory(inHome) || inTree?.type === "directory") return false;
  return inHome !== undefined || inTree?.type === "file" || typeAtHome(name) === "file";
}

/** The link of another mode goes, and what every profile shares is made in claude home; all else is the mirror's. */
function decideCopied(scene: Scene, name: string, wanted: boolean): Decision[] {
  const inTree = scene.facts.tree.entries.get(name);
  const decisions: Decision[] = [];
  if (wanted && !scene.facts.home.entries.has(name) && (inTree === undefined || inTree.type === "link")) {
    decisions.push({ do: "make-home", type: typeAtHome(name), name, why: "every profile shares it" });
  }
  if (inTree?.type === "link" && isOurs(scene, name, inTree.text)) {
    decisions.push({ do: "unlink", name, text: inTree.text, why: "this tree has copies", waits: "idle" });
  }
  return decisions;
}

function typeAtHome(name: string): "directory" | "file" {
  return SHARED_FILES.some((file) => file === name) ? "file" : "directory";
}

/** Nothing of that name in claude home: what Claude Code made in the tree goes there, and links to nothing go. */
function decideMissingAtHome(
  scene: Scene,
  name: string,
  inTree: Entry | undefined,
  wanted: boolean,
): Decision[] {
  const made = { do: "make-home", type: typeAtHome(name) } as const;
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
    if (inHome.type === "link") return skip(name, "claude home's entry is a link to it");
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

/** Copying takes time in which a session may go on writing. */
function acrossDevices(scene: Scene): { readonly waits?: "idle" } {
  const { home, tree } = scene.facts;
  return home.identity?.dev === tree.identity?.dev ? {} : { waits: "idle" };
}

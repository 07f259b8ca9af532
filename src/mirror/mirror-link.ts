import { posix, sep } from "node:path";
import { disk } from "../disk/disk.ts";
import { concurrentModification } from "../disk/errno.ts";
import { readLink } from "../disk/links.ts";
import { errnoOf } from "../errors.ts";
import type { Side } from "../merge/three-way.ts";
import { dirname, isAbsolute } from "../path.ts";
import { quarantineDisplaced, quarantineFile } from "../quarantine.ts";
import { homeward } from "../tree/leaked-paths.ts";
import { isLinkRefusal } from "../tree/link-mode.ts";
import { putLink } from "../tree/put-link.ts";
import { decideLink, type LinkSide, type LinkVerdict } from "./decide.ts";
import type { Agreed } from "./mirror-index.ts";
import { agree, otherSide, type Pass, pathOn } from "./pass.ts";
import type { Sides, Sight } from "./sight.ts";

/**
 * Makes both sides agree where the tree has a link, or both had one: it is carried as a link, as those that npm and Claude Code make in a
 * tree of links stand in claude home at once.
 * @returns true where nothing will be left of it; undefined where it is a matter of what stands there
 * @throws ClauthError `concurrent_modification` (retry-safe); system errors
 */
export function mirrorLink(
  pass: Pass,
  name: string,
  { home, tree }: Sides<Sight>,
  known: Agreed | undefined,
): boolean | undefined {
  const texts = {
    home: home.type === "absent" ? undefined : readLink(pathOn(pass, "home", name)),
    tree: tree.type === "link" ? tree.text : undefined,
  };
  const carried = texts.tree === undefined ? undefined : homewardLink(pass, name, texts.tree);
  if (texts.tree !== undefined && carried === undefined) {
    pass.skipped.push({ name, why: "its link leads out of the tree" });
    return false;
  }
  const base = known?.type === "link" ? known.hash : undefined;
  const verdict = decideLink({
    base,
    home: sideOf(home, texts.home),
    tree: sideOf(tree, carried),
    later: () => laterOf(pass, name),
  });
  // What claude home never had it did not remove.
  if (verdict?.do === "remove" && verdict.from === "tree" && known?.home.mark === REFUSED) return false;
  return carryOut(pass, name, texts, verdict, base);
}

/** In the index: claude home's file system has no links. */
const REFUSED = "refused";

/**
 * As the link reads in claude home: an absolute path into the tree is one into claude home. Undefined where a relative one leaves the tree:
 * from there it would lead to something else.
 */
function homewardLink({ places, ours }: Pass, name: string, text: string): string | undefined {
  const [tree = places.tree] = ours;
  if (isAbsolute(text)) return homeward(text, { runtime: [places.tree, tree], claudeRoot: places.home });
  const target = posix.join(posix.dirname(name), sep === "/" ? text : text.replaceAll(sep, "/"));
  return target === ".." || target.startsWith("../") ? undefined : text;
}

function sideOf(sight: Sight, text: string | undefined): LinkSide {
  if (text !== undefined) return { link: text };
  return sight.type === "absent" ? "absent" : "other";
}

function laterOf(pass: Pass, name: string): Side {
  const [home, tree] = [disk.lstat(pathOn(pass, "home", name)), disk.lstat(pathOn(pass, "tree", name))];
  return tree.mtimeNs > home.mtimeNs ? "tree" : "home";
}

type Texts = { readonly home: string | undefined; readonly tree: string | undefined };

function carryOut(
  pass: Pass,
  name: string,
  texts: Texts,
  verdict: LinkVerdict,
  base: string | undefined,
): boolean | undefined {
  switch (verdict?.do) {
    case undefined:
      return undefined;
    case "agree":
      if (verdict.text !== base) remember(pass, name, verdict.text);
      return false;
    case "remove":
    case "replace":
      pass.removals.push({ do: "remove-link", name, from: verdict.from });
      if (verdict.do === "remove") return true;
      pass.replacing.add(name);
      return false;
    case "carry":
    case "win":
      carry(pass, name, texts[otherSide(verdict.from)], verdict);
      return false;
  }
}

function carry(
  pass: Pass,
  name: string,
  replaced: string | undefined,
  { do: deed, from, text }: Extract<LinkVerdict, { readonly text: string; readonly from: Side }>,
): void {
  const to = otherSide(from);
  const path = pathOn(pass, to, name);
  if (deed === "win" && replaced !== undefined)
    quarantineFile(pass.places, `${name}.link`, new TextEncoder().encode(`${replaced}\n`));
  try {
    put(pass, name, path, { text, replaced });
  } catch (cause) {
    if (to === "tree" || !isLinkRefusal(cause)) throw cause;
    pass.done.push({ do: "keep-link", name, to: from });
    remember(pass, name, text, REFUSED);
    return;
  }
  pass.unsynced.add(dirname(path));
  pass.done.push({ do: "link", name, to });
  remember(pass, name, text);
}

function put(
  pass: Pass,
  name: string,
  path: string,
  { text, replaced }: { readonly text: string; readonly replaced: string | undefined },
): void {
  if (replaced !== undefined) {
    const displaced = (at: string) => quarantineDisplaced(pass.places, name, at);
    putLink(text, path, { text: replaced }, { displaced });
    return;
  }
  try {
    disk.symlink(text, path);
  } catch (cause) {
    throw errnoOf(cause) === "EEXIST" ? concurrentModification(path) : cause;
  }
}

function remember(pass: Pass, name: string, text: string, mark = ""): void {
  agree(pass, name, {
    type: "link",
    hash: text,
    size: 0,
    home: { mark, mode: 0 },
    tree: { mark: "", mode: 0 },
  });
}

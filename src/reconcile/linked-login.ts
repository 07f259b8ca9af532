import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { readLink } from "../disk/links.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { concurrentModification, equalBytes } from "../disk/write-file.ts";
import type { TreeCredentials } from "../merge/credentials.ts";
import { putLink, removeLink } from "../tree/put-link.ts";
import type { Places } from "./places.ts";
import type { TreeLogin } from "./tree-login.ts";

/** The tree's `.credentials.json`: a link to the canonical file, which Claude Code replaces by a file of its own. */
export function lookAtLinkedLogin(places: Places): TreeLogin {
  const { paths, treeCredentials } = places;
  const found = readTree(places);
  return {
    shown: shownBy(found, places),
    show: () =>
      attempt("link", treeCredentials, () => {
        if (found.kind === "missing") disk.symlink(paths.credentials, treeCredentials);
        else
          putLink(
            paths.credentials,
            treeCredentials,
            found.kind === "link" ? found : { file: found.content.stat },
          );
      }),
    remove: () => {
      if (found.kind === "file") removeJudged(treeCredentials, found.content);
      else if (found.kind === "link")
        attempt("unlink", treeCredentials, () => removeLink(treeCredentials, found.text));
    },
    leave: () => {},
  };
}

/** The tree's file as it stands: the link's text, or the bytes of the file that replaced it. */
type TreeFile =
  | { readonly kind: "missing" }
  | { readonly kind: "link"; readonly text: string }
  | { readonly kind: "file"; readonly content: FileContent };

function readTree({ treeCredentials }: Places): TreeFile {
  const text = readLink(treeCredentials);
  if (text !== undefined) return { kind: "link", text };
  const content = readRegularFile(treeCredentials);
  return content === undefined ? { kind: "missing" } : { kind: "file", content };
}

function shownBy(tree: TreeFile, { paths }: Places): TreeCredentials {
  if (tree.kind === "missing") return tree;
  if (tree.kind === "link") return { kind: tree.text === paths.credentials ? "link-ok" : "link-wrong" };
  return { kind: "file", bytes: tree.content.bytes, mtimeNs: tree.content.stat.mtimeNs };
}

/** Compared once more right before it goes: what somebody wrote meanwhile is in no quarantine. */
export function removeJudged(path: string, judged: FileContent | undefined): void {
  const now = readRegularFile(path);
  if (now === undefined) return;
  if (judged === undefined || !equalBytes(now.bytes, judged.bytes)) throw concurrentModification(path);
  removeFile(path);
}

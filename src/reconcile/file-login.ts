import { attempt } from "../disk/attempt.ts";
import { disk } from "../disk/disk.ts";
import { concurrentModification } from "../disk/errno.ts";
import { readLink } from "../disk/links.ts";
import { type FileContent, readRegularFile } from "../disk/read-file.ts";
import { removeFile } from "../disk/remove-file.ts";
import { equalBytes, writeFileAtomic } from "../disk/write-file.ts";
import type { TreeCredentials } from "../merge/credentials.ts";
import { quarantineDisplaced } from "../quarantine.ts";
import { putLink, removeLink } from "../tree/put-link.ts";
import type { Places } from "./places.ts";
import type { LookAtTree, TreeLogin } from "./tree-login.ts";

/** The tree's `.credentials.json`: a link to the canonical file, or a copy of it in a tree whose files are copies. */
export const lookAtFileLogin: LookAtTree = (places, { canonical }) =>
  places.mode === undefined || places.mode === "symlink"
    ? lookAtLinkedLogin(places)
    : lookAtCopiedLogin(places, canonical);

/** Claude Code replaces the link by a file of its own. */
function lookAtLinkedLogin(places: Places): TreeLogin {
  const { paths, treeCredentials } = places;
  const found = readTree(places);
  return {
    shown: found.kind === "link" ? shownByLink(found.text === paths.credentials) : shownBy(found),
    show: () =>
      attempt("link", treeCredentials, () => {
        if (found.kind === "missing") disk.symlink(paths.credentials, treeCredentials);
        else
          putLink(
            paths.credentials,
            treeCredentials,
            found.kind === "link" ? found : { file: found.content.stat },
            { displaced: (path) => quarantineDisplaced(paths, "credentials-displaced", path) },
          );
      }),
    remove: () => removeAsFound(places, found),
    leave: () => {},
  };
}

/**
 * A copy shows the canonical file while it has the same bytes. Of two that differ the one that is not as in the base changed, as
 * with any other copy: a login or a refresh of claude's, or a canonical file that the Rust tool or a restore wrote.
 */
function lookAtCopiedLogin(places: Places, canonical: FileContent | undefined): TreeLogin {
  const { treeCredentials } = places;
  const found = readTree(places);
  const isCopy =
    found.kind === "file" && canonical !== undefined && equalBytes(found.content.bytes, canonical.bytes);
  return {
    shown: found.kind === "link" ? shownByLink(false) : isCopy ? shownByLink(true) : shownBy(found),
    show: (bytes) => {
      // Through a link the canonical file itself would be written.
      if (found.kind === "link") removeAsFound(places, found);
      if (bytes === undefined) return;
      writeFileAtomic(treeCredentials, bytes, {
        mode: 0o600,
        sync: true,
        expect: found.kind === "file" ? found.content : "absent",
      });
    },
    remove: () => removeAsFound(places, found),
    leave: () => {},
  };
}

/** The tree's file as it stands: a link's text, or the bytes of a file. */
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

function shownByLink(isRight: boolean): TreeCredentials {
  return { kind: isRight ? "link-ok" : "link-wrong" };
}

function shownBy(tree: Exclude<TreeFile, { readonly kind: "link" }>): TreeCredentials {
  if (tree.kind === "missing") return tree;
  return { kind: "file", bytes: tree.content.bytes, mtimeNs: tree.content.stat.mtimeNs };
}

function removeAsFound({ treeCredentials }: Places, found: TreeFile): void {
  if (found.kind === "file") removeJudged(treeCredentials, found.content);
  else if (found.kind === "link")
    attempt("unlink", treeCredentials, () => removeLink(treeCredentials, found.text));
}

/** Compared once more right before it goes: what somebody wrote meanwhile is in no quarantine. */
export function removeJudged(path: string, judged: FileContent | undefined): void {
  const now = readRegularFile(path);
  if (now === undefined) return;
  if (judged === undefined || !equalBytes(now.bytes, judged.bytes)) throw concurrentModification(path);
  removeFile(path);
}

import { rmSync, symlinkSync, unlinkSync } from "node:fs";
import { put, type TwoSides, twoSidesIn } from "./two-sides.ts";

const CAN_LINK = process.platform !== "win32";

/** Both sides hold the same, and then each changes in every way that a pass can carry. */
export function eventfulSides(root: string): TwoSides {
  const sides = twoSidesIn(root);
  for (const name of ["edited", "both", "gone", "dir/a", "dir/b"]) put(sides.home(name), `base of ${name}`);
  put(sides.home("history.jsonl"), "1\n");
  put(sides.home("transcript.jsonl"), "1\n");
  sides.pass();
  put(sides.tree("edited"), "edited in the tree", 5);
  put(sides.home("both"), "both, by home", 5);
  put(sides.tree("both"), "both, by the tree", 4);
  put(sides.home("history.jsonl"), "1\nhome\n", 5);
  put(sides.tree("history.jsonl"), "1\ntree\n", 4);
  put(sides.tree("transcript.jsonl"), "1\n2\n", 4);
  put(sides.tree("new/deep/file"), "new in the tree");
  if (CAN_LINK) symlinkSync("deep/file", sides.tree("new/link"));
  put(sides.home("fresh"), "new in home");
  unlinkSync(sides.home("gone"));
  rmSync(sides.tree("dir"), { recursive: true });
  return sides;
}

/** What both sides hold when all that was carried. */
export const EVENTFUL_END = {
  edited: "edited in the tree",
  both: "both, by the tree",
  "history.jsonl": "1\nhome\ntree\n",
  "transcript.jsonl": "1\n2\n",
  "new/": "",
  "new/deep/": "",
  "new/deep/file": "new in the tree",
  ...(CAN_LINK && { "new/link": "-> deep/file" }),
  fresh: "new in home",
};

/** A program: one pass over the directory argv[2]. */
if (import.meta.main) twoSidesIn(process.argv[2] ?? "").pass();

import { inspectTree } from "../../../src/tree/inspect.ts";
import { twoRootsIn } from "./two-roots.ts";

/**
 * A program: runs one idle pass in the directory argv[2] and prints what the caller may need to know as JSON. Started
 * where the file system says no, which a test that runs as root can't have otherwise.
 */
const roots = twoRootsIn(process.argv[2] ?? "");
const { done, skipped } = roots.pass();
const { home, tree } = inspectTree(roots.home, roots.paths);
console.log(
  JSON.stringify({
    done: done.map((step) => step.do),
    skipped,
    home: [...home.entries.keys()],
    links: [...tree.entries].filter(([, entry]) => entry.type === "link").map(([name]) => name),
  }),
);

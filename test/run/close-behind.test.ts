import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MODULE = join(import.meta.dir, "..", "..", "src", "run", "close-behind.ts");

/** Watches a directory, ends, and prints at its very end how many descriptors its sockets have on the way (proc(5), scm_fds). */
const WATCHES = `
import { readdirSync, readFileSync, watch } from "node:fs";
import { closeWatchesBehindUs } from ${JSON.stringify(MODULE)};
const underWay = () => {
  let count = 0;
  for (const name of readdirSync("/proc/self/fdinfo")) {
    try {
      count += Number(/^scm_fds:\\s*(\\d+)/m.exec(readFileSync("/proc/self/fdinfo/" + name, "utf8"))?.[1] ?? 0);
    } catch {}
  }
  return count;
};
watch(process.argv[1], () => {});
closeWatchesBehindUs();
closeWatchesBehindUs();
const before = underWay();
process.on("exit", () => console.log(JSON.stringify({ before, after: underWay() })));
process.exit(7);
`;

test.skipIf(process.platform !== "linux")(
  "the watches of a process are on the way to the kernel when it ends, and not before",
  () => {
    const directory = mkdtempSync(join(tmpdir(), "clauth-watches-"));
    const child = Bun.spawnSync([process.execPath, "-e", WATCHES, directory]);
    rmSync(directory, { recursive: true });
    expect(child.stderr.toString()).toBe("");
    expect(child.exitCode).toBe(7);
    // The watches, and the socket itself.
    expect(JSON.parse(child.stdout.toString())).toEqual({ before: 0, after: 2 });
  },
);

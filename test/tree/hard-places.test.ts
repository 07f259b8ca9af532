import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { put, type TwoRoots, text, twoRoots, twoRootsIn } from "./support/two-roots.ts";

let roots: TwoRoots;
beforeEach(() => {
  roots = twoRoots();
});
afterEach(() => roots.remove());

/** Runs `setup` (sh, $1 is the temporary HOME) as root of mounts of its own, then one pass in there. */
function passAfter(setup: string) {
  const program = join(import.meta.dir, "support/hard-pass.ts");
  const script = `set -e; ${setup}; exec "$2" "$3" "$1"`;
  const argv = [...NAMESPACES, "sh", "-c", script, "sh", roots.base, process.execPath, program];
  const { stdout, stderr, exitCode } = Bun.spawnSync(argv);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString());
}

const NAMESPACES = ["unshare", "--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])];
const canMount = Bun.which("unshare") !== null && Bun.spawnSync([...NAMESPACES, "true"]).exitCode === 0;

describe.skipIf(!canMount)("file systems that say no", () => {
  test("a read-only claude home stops nothing: what is there is linked, what can't be made is named", () => {
    put(roots.homePath("CLAUDE.md"), "mine");
    mkdirSync(roots.homePath("projects"));
    put(roots.treePath("keybindings.json"), "{}");
    const after = passAfter('mount --bind "$1/.claude" "$1/.claude"; mount -o remount,ro,bind "$1/.claude"');
    expect(after.links.sort()).toEqual(["CLAUDE.md", "projects"]);
    const names = after.skipped.map((entry: { name: string }) => entry.name);
    expect(names).toContain("ide");
    expect(names).toContain("keybindings.json");
    expect(after.skipped[0].why).toContain("read-only");
    expect(text(roots.treePath("keybindings.json"))).toBe("{}");
  });

  test("a claude home that can't be made costs the links, and is said once", () => {
    const readOnlyHome =
      'mount --bind "$1" "$1"; mount --bind "$1/.clauth" "$1/.clauth"; mount -o remount,ro,bind "$1"';
    const after = passAfter(readOnlyHome);
    expect(after.done).toEqual(["make-root"]);
    expect(after.skipped).toHaveLength(1);
  });

  test("a full disk under claude home loses no byte of the tree", () => {
    put(roots.treePath("big.json"), "x".repeat(200_000));
    put(roots.treePath("debug/big.txt"), "y".repeat(200_000));
    const full = 'mkdir "$1/.claude"; mount -t tmpfs -o size=64k none "$1/.claude"';
    const after = passAfter(full);
    expect(after.skipped.map((entry: { name: string }) => entry.name).sort()).toEqual([
      "big.json",
      "debug/big.txt",
    ]);
    expect(after.home.some((name: string) => name.endsWith(".tmp"))).toBe(false);
    expect(text(roots.treePath("big.json"))).toHaveLength(200_000);
    expect(text(roots.treePath("debug/big.txt"))).toHaveLength(200_000);
  });

  test("a file system of the tree with no room for a link ends in links that are missing, not in an error", () => {
    mkdirSync(roots.paths.runtime);
    const after = passAfter('mount -t tmpfs -o size=64k,nr_inodes=6 none "$1/.clauth/profiles/work/runtime"');
    expect(after.links).toHaveLength(5);
    expect(after.skipped.length).toBeGreaterThan(5);
  });
});

test("a name that is not valid UTF-8 is left where it is, and said", () => {
  mkdirSync(roots.home.root);
  const path = Buffer.concat([Buffer.from(roots.homePath("odd")), Uint8Array.of(0xff)]);
  writeFileSync(path, "kept");
  const applied = roots.pass();
  expect(applied.skipped).toEqual([{ name: "odd\uFFFD", why: "its name is not valid UTF-8" }]);
  expect(existsSync(path)).toBe(true);
});

test("a claude home that is no directory costs the links, not the start", () => {
  put(roots.home.root, "a file");
  const applied = roots.pass();
  expect(applied.done.map((step) => step.do)).toEqual(["make-root"]);
  expect(applied.skipped).toHaveLength(1);
  expect(text(roots.home.root)).toBe("a file");
});

test("a tree that can't be made stops the start", () => {
  rmSync(roots.paths.root, { recursive: true });
  put(roots.paths.root, "a file");
  expect(() => roots.plan()).toThrow(expect.objectContaining({ kind: "tree_unreadable" }));
});

describe.skipIf(!otherDevice())("across devices", () => {
  let far: TwoRoots;
  beforeEach(() => {
    far = twoRootsIn(mkdtempSync("/dev/shm/clauth-tree-"));
  });
  afterEach(() => far.remove());

  test("files and directories of the tree are copied, and wait until it is idle", () => {
    put(roots.treePath("new.sh"), "#!/bin/sh\n");
    chmodSync(roots.treePath("new.sh"), 0o750);
    put(roots.treePath("debug/deep/a.txt"), "a");
    const busy = roots.passAt(far.home, { idle: false });
    expect([...busy.deferred].sort()).toEqual(["debug", "new.sh"]);
    const idle = roots.passAt(far.home);
    expect(idle.skipped).toEqual([]);
    expect(text(far.homePath("new.sh"))).toBe("#!/bin/sh\n");
    expect(statSync(far.homePath("new.sh")).mode & 0o777).toBe(0o750);
    expect(text(far.homePath("debug/deep/a.txt"))).toBe("a");
    expect(readdirSync(far.home.root).filter((name) => name.includes(".tmp"))).toEqual([]);
    expect(text(roots.treePath("debug/deep/a.txt"))).toBe("a");
  });
});

function otherDevice(): boolean {
  return existsSync("/dev/shm") && statSync("/dev/shm").dev !== statSync("/tmp").dev;
}

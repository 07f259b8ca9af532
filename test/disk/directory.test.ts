import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDirectory, listDirectory } from "../../src/disk/directory.ts";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { failing, kindOf } from "../support/faults.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-directory-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o7777;

test("ensureDirectory makes every missing level with 0700 whatever the umask", () => {
  const umask = process.umask(0o002);
  try {
    ensureDirectory(join(home, "a", "b"));
  } finally {
    process.umask(umask);
  }
  expect(modeOf(join(home, "a"))).toBe(0o700);
  expect(modeOf(join(home, "a", "b"))).toBe(0o700);
});

test("ensureDirectory leaves an existing directory and its mode alone", () => {
  mkdirSync(join(home, "a"), { mode: 0o755 });
  ensureDirectory(join(home, "a"));
  expect(modeOf(join(home, "a"))).toBe(0o755);
});

test("ensureDirectory takes a link to a directory for one", () => {
  mkdirSync(join(home, "real"));
  symlinkSync("real", join(home, "link"));
  expect(kindOf(() => ensureDirectory(join(home, "link")))).toBe("none");
});

test("ensureDirectory refuses a file in its place, and below a file", () => {
  writeFileSync(join(home, "f"), "");
  expect(kindOf(() => ensureDirectory(join(home, "f")))).not.toBe("none");
  expect(kindOf(() => ensureDirectory(join(home, "f", "below")))).toBe("not_a_file");
});

test("listDirectory takes a missing directory for an empty one", () => {
  writeFileSync(join(home, "x"), "");
  expect(listDirectory(home)).toEqual(["x"]);
  expect(listDirectory(join(home, "none"))).toEqual([]);
});

test.each([
  ["EACCES", "store_denied"],
  ["EMFILE", "store_busy"],
  ["EIO", "store_failed"],
])(
  "listDirectory never takes a directory that can't be read (%s) for an empty one (trap 8)",
  (errno, kind) => {
    const answer = testOnlyWithFaults(
      () => ({ list: failing(errno) }),
      () => kindOf(() => listDirectory(home)),
    );
    expect(answer).toBe(kind);
  },
);

test.each([0o777, 0o277, 0o177])("what is made under the umask %o is its owner's to use", async (umask) => {
  const [disk, libraries] = ["disk", "lock"].map((folder) => join(import.meta.dir, "../../src", folder));
  const script = `
    process.umask(${umask});
    const { ensureDirectory } = await import("${disk}/directory.ts");
    const { writeFileAtomic } = await import("${disk}/write-file.ts");
    const { openLockFile } = await import("${libraries}/flock.ts");
    ensureDirectory("${home}/a/b");
    writeFileAtomic("${home}/a/b/file", Uint8Array.of(1));
    openLockFile("${home}/a/b/lock");
    console.log(process.umask());
  `;
  const run = Bun.spawnSync([process.execPath, "-e", script], { stderr: "inherit" });
  expect(run.stdout.toString().trim()).toBe(`${umask}`);
  expect(["a", "a/b", "a/b/file", "a/b/lock"].map((name) => modeOf(join(home, name)))).toEqual([
    0o700, 0o700, 0o600, 0o600,
  ]);
});

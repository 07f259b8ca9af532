import { describe, expect, test } from "bun:test";
import * as node from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Glance } from "../src/fs/glance.ts";
import { glanceOpenSync, glanceSync, isOpenAtSync } from "../src/fs/glance-sync.ts";
import * as fs from "../src/fs.ts";

/** One of each kind, and names that are hard on somebody who cuts memory by hand. */
const ODD_NAMES = ["plain", "ü", "a b", "-", ".hidden", "line\nbreak", "x".repeat(255), "\uFEFFmark"];

function makeZoo(): Disposable & { readonly root: string; readonly paths: readonly string[] } {
  const root = node.realpathSync(node.mkdtempSync(join(tmpdir(), "clauth-fs-")));
  for (const [index, name] of ODD_NAMES.entries())
    node.writeFileSync(join(root, name), "x".repeat(index * 3000));
  node.writeFileSync(
    Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0xff, 0xc3, 0x28, 0x80)]),
    "not UTF-8",
  );
  node.mkdirSync(join(root, "directory"));
  node.mkdirSync(join(root, "closed"), { mode: 0 });
  node.symlinkSync("plain", join(root, "link"));
  node.symlinkSync("directory", join(root, "directory-link"));
  node.symlinkSync("nowhere", join(root, "dangling"));
  node.symlinkSync("loop", join(root, "loop"));
  node.linkSync(join(root, "plain"), join(root, "second-name"));
  node.utimesSync(join(root, "plain"), -12.25, -1000.5);
  const absent = ["missing", "plain/below", "missing/below", "dangling/below", "loop/below", "", "nul\0byte"];
  const names = [...node.readdirSync(root), ...absent, "x".repeat(300), "y/".repeat(3000)];
  const paths = [
    ...names.map((name) => join(root, name)),
    root,
    "/",
    "/proc/self/exe",
    "/dev/null",
    "/dev/shm",
    "",
  ];
  return { root, paths, [Symbol.dispose]: () => node.rmSync(root, { recursive: true, force: true }) };
}

/** What a call answers: its value, or the code of what it throws. */
function answerOf(call: () => unknown): unknown {
  try {
    return call() ?? undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? `throws ${error.code}` : error;
  }
}

type AnyStats = fs.Stats | undefined;

function factsOf(stats: AnyStats) {
  if (stats === undefined) return undefined;
  const { dev, ino, nlink, mode, uid, size, mtimeNs, mtimeMs, ctimeNs } = stats;
  const kinds = [stats.isFile(), stats.isDirectory(), stats.isSymbolicLink()];
  return { dev, ino, nlink, mode, uid, size, mtimeNs, mtimeMs, ctimeNs, kinds };
}

function hasVersion(answer: unknown): answer is fs.Stats {
  return typeof answer === "object" && answer !== null && "ctimeNs" in answer;
}

/** By the numbers, as another system gives them. */
function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: fs.Stats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

function glanceFrom(stats: Pick<node.BigIntStats, "mode" | "uid" | "size">): Glance {
  const mode = Number(stats.mode);
  return {
    kind: mode & node.constants.S_IFMT,
    mode: mode & 0o7777,
    uid: Number(stats.uid),
    size: Number(stats.size),
  };
}

const IF_THERE = { throwIfNoEntry: false } as const;
const BIG = { bigint: true } as const;

describe("answers as node:fs does", () => {
  test("about every kind of file, and of absence", () => {
    using zoo = makeZoo();
    for (const path of zoo.paths) {
      const ours = {
        stat: answerOf(() => factsOf(fs.statSync(path))),
        statIfThere: answerOf(() => factsOf(fs.statSync(path, IF_THERE))),
        lstat: answerOf(() => factsOf(fs.lstatSync(path))),
        lstatIfThere: answerOf(() => factsOf(fs.lstatSync(path, IF_THERE))),
        exists: answerOf(() => fs.existsSync(path)),
        mayRun: answerOf(() => fs.accessSync(path, fs.constants.X_OK)),
        readlink: answerOf(() => fs.readlinkSync(path)),
        realpath: answerOf(() => fs.realpathSync(path)),
        names: answerOf(() => fs.readdirSync(path).sort()),
      };
      expect({ path, ...ours }).toEqual({
        path,
        stat: answerOf(() => factsOf(node.statSync(path, BIG))),
        statIfThere: answerOf(() => factsOf(node.statSync(path, { ...BIG, ...IF_THERE }))),
        lstat: answerOf(() => factsOf(node.lstatSync(path, BIG))),
        lstatIfThere: answerOf(() => factsOf(node.lstatSync(path, { ...BIG, ...IF_THERE }))),
        exists: answerOf(() => node.existsSync(path)),
        mayRun: answerOf(() => node.accessSync(path, node.constants.X_OK)),
        readlink: answerOf(() => node.readlinkSync(path)),
        realpath: answerOf(() => node.realpathSync.native(path)),
        names: answerOf(() => node.readdirSync(path).sort()),
      });
    }
  });

  test("about as much of a file as a start goes by", () => {
    using zoo = makeZoo();
    const open = node.openSync(zoo.root, "r");
    const { dev, ino, ...ofOpen } = node.fstatSync(open, BIG);
    expect(glanceOpenSync(open)).toEqual(glanceFrom(ofOpen));
    for (const path of zoo.paths) {
      const ours = {
        glance: answerOf(() => glanceSync(path)),
        isOpen: answerOf(() => isOpenAtSync(path, open)),
      };
      expect({ path, ...ours }).toEqual({
        path,
        glance: answerOf(() => {
          const stats = node.statSync(path, { ...BIG, ...IF_THERE });
          return stats && glanceFrom(stats);
        }),
        isOpen: answerOf(() => {
          const named = node.lstatSync(path, BIG);
          return named.dev === dev && named.ino === ino;
        }),
      });
    }
    expect(isOpenAtSync(zoo.root, open)).toBe(true);
    node.closeSync(open);
  });

  test("about what stands in a directory of thousands", () => {
    using zoo = makeZoo();
    for (let file = 0; file < 3000; file++)
      node.writeFileSync(join(zoo.root, `${"n".repeat(file % 90)}${file}`), "");
    const kindsOf = (entries: readonly fs.Dirent[]) =>
      entries
        .map((entry) => [entry.name, entry.isFile(), entry.isDirectory(), entry.isSymbolicLink()].join("|"))
        .sort();
    expect(kindsOf(fs.readdirEntriesSync(zoo.root))).toEqual(
      kindsOf(node.readdirSync(zoo.root, { withFileTypes: true })),
    );
  });

  test("about the version of a file, where it gives it as text", () => {
    using zoo = makeZoo();
    const old = join(zoo.root, "old");
    node.writeFileSync(old, "");
    Bun.spawnSync(["touch", "-d", "1960-01-01T00:00:00", old]);
    const versions = zoo.paths.flatMap((path) => {
      const [stats, expected] = [
        answerOf(() => fs.lstatSync(path)),
        answerOf(() => node.lstatSync(path, BIG)),
      ];
      return hasVersion(stats) && hasVersion(expected) ? [[stats.version, versionOf(expected)] as const] : [];
    });
    expect(versions.length).toBeGreaterThan(15);
    const given = versions.filter(([version]) => version !== undefined);
    expect(given.map(([version]) => version)).toEqual(given.map(([, expected]) => expected));
    // A time before 1970 is told by the numbers alone.
    expect(fs.statSync(old).version).toBeUndefined();
    if (process.platform === "linux") expect(fs.statSync(zoo.root).version).toBeString();
  });

  test("about a device number of any size", () => {
    for (const path of ["/proc", "/sys", "/dev", "/dev/pts", "/tmp", "/"].filter((one) =>
      node.existsSync(one),
    ))
      expect(fs.statSync(path).dev).toBe(node.statSync(path, BIG).dev);
  });

  test("with the numbers of its constants", () => {
    expect(node.constants).toMatchObject(fs.constants);
  });
});

test("reads, writes and cuts a file where it is told to", () => {
  using zoo = makeZoo();
  const path = join(zoo.root, "written");
  const { O_CREAT, O_EXCL, O_RDWR } = fs.constants;
  const descriptor = fs.openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
  const bytes = new TextEncoder().encode("0123456789");
  expect(fs.writeSync(descriptor, bytes)).toBe(10);
  expect(fs.writeSync(descriptor, bytes, 8, 2, 0)).toBe(2);
  const into = new Uint8Array(6);
  expect(fs.readSync(descriptor, into, 1, 4, 0)).toBe(4);
  expect([...into]).toEqual([0, ...new TextEncoder().encode("8923"), 0]);
  expect(fs.readSync(descriptor, into)).toBe(0);
  fs.ftruncateSync(descriptor, 3);
  expect(factsOf(fs.fstatSync(descriptor))).toEqual(factsOf(node.fstatSync(descriptor, BIG)));
  expect(fs.fstatSync(descriptor)).toMatchObject({ size: 3n, mode: 0o100600n });
  expect(answerOf(() => fs.openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600))).toBe("throws EEXIST");
  fs.closeSync(descriptor);
  expect(answerOf(() => fs.closeSync(descriptor))).toBe("throws EBADF");
  expect(answerOf(() => fs.readSync(descriptor, into))).toBe("throws EBADF");
  expect(answerOf(() => fs.writeSync(descriptor, into))).toBe("throws EBADF");
  fs.unlinkSync(path);
  expect(answerOf(() => fs.unlinkSync(path))).toBe("throws ENOENT");
  expect(answerOf(() => fs.unlinkSync(join(zoo.root, "directory")))).toBe("throws EISDIR");
});

test("a descriptor is not inherited", () => {
  const descriptor = fs.openSync("/dev/null", fs.constants.O_RDONLY);
  const flags = /^flags:\s*0?([0-7]+)/m.exec(
    node.readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"),
  )?.[1];
  fs.closeSync(descriptor);
  expect(Number.parseInt(flags ?? "0", 8) & 0o2000000).toBe(0o2000000);
});

const canTrace = Bun.which("strace") !== null && Bun.spawnSync(["strace", "-o", "/dev/null", "true"]).success;

test.skipIf(!canTrace).each([
  ["EDQUOT", "EDQUOT"],
  ["EIO", "EIO"],
  ["EINTR", "closed"],
])("a close that says %s is made once: %s", (refusal, answer) => {
  using zoo = makeZoo();
  const path = join(zoo.root, "plain");
  const program = `
    const fs = require(${JSON.stringify(join(import.meta.dir, "..", "src", "fs.ts"))});
    const descriptor = fs.openSync(${JSON.stringify(path)}, 0);
    try { fs.closeSync(descriptor); console.log("closed"); } catch ({ code }) { console.log(code); }`;
  const trace = join(zoo.root, "trace");
  const inject = ["-e", "trace=close", "-e", `inject=close:error=${refusal}:when=1`];
  const child = Bun.spawnSync([
    ...["strace", "-f", "-o", trace, "-P", path, ...inject],
    ...[process.execPath, "-e", program],
  ]);
  expect(child.stdout.toString()).toBe(`${answer}\n`);
  const closed = node.readFileSync(trace, "utf8").match(/close\(\d+\)/g);
  expect(closed).toHaveLength(1);
});

test("where there is no such libc, node:fs answers everything", () => {
  using zoo = makeZoo();
  const source = `
    Object.defineProperty(process, "platform", { value: "other" });
    const fs = await import(${JSON.stringify(join(import.meta.dir, "../src/fs.ts"))});
    const path = ${JSON.stringify(join(zoo.root, "plain"))};
    const made = path + "-made";
    const descriptor = fs.openSync(made, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    fs.writeSync(descriptor, new TextEncoder().encode("text"));
    fs.ftruncateSync(descriptor, 3);
    const size = Number(fs.fstatSync(descriptor).size);
    fs.closeSync(descriptor);
    const again = fs.openSync(made, fs.constants.O_RDONLY);
    const bytes = new Uint8Array(8);
    const text = new TextDecoder().decode(bytes.subarray(0, fs.readSync(again, bytes)));
    fs.closeSync(again);
    fs.unlinkSync(made);
    const link = fs.readlinkSync(path.replace("plain", "link"));
    const absent = fs.statSync(made, { throwIfNoEntry: false }) === undefined && !fs.existsSync(made);
    const names = fs.readdirSync(${JSON.stringify(zoo.root)}).length;
    console.log(JSON.stringify({ size, text, link, absent, names, mtime: String(fs.lstatSync(path).mtimeNs) }));`;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", source]);
  expect(JSON.parse(stdout.toString())).toEqual({
    size: 3,
    text: "tex",
    link: "plain",
    absent: true,
    names: node.readdirSync(zoo.root).length,
    mtime: String(node.lstatSync(join(zoo.root, "plain"), BIG).mtimeNs),
  });
});

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { testOnlyArmCheckpoints } from "../../src/checkpoint.ts";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { type FileContent, readRegularFile } from "../../src/disk/read-file.ts";
import {
  forgetBeforehand,
  isInFlightTo,
  isTemporaryName,
  writeBeforehand,
  writeFileAtomic,
} from "../../src/disk/write-file.ts";
import { errorOf, failing, kindOf, systemError } from "../support/faults.ts";

let home = "";
let file = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-write-"));
  file = join(home, "file.json");
});
afterEach(() => {
  testOnlyArmCheckpoints(undefined);
  rmSync(home, { recursive: true, force: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (path: string) => readFileSync(path, "utf8");
const modeOf = (path: string) => statSync(path).mode & 0o7777;
/** A file with this text, under another name. */
const put = (content: string) => {
  writeFileSync(join(home, "other"), content);
  return join(home, "other");
};
const leftovers = () => readdirSync(home).filter(isTemporaryName);

const read = () => {
  const content = readRegularFile(file);
  if (content === undefined) throw new Error("no file");
  return content;
};

describe("writeFileAtomic", () => {
  test("makes a new file with 0600 whatever the umask", () => {
    const umask = process.umask(0);
    try {
      expect(writeFileAtomic(file, bytes("a"))).toBe("written");
    } finally {
      process.umask(umask);
    }
    expect(text(file)).toBe("a");
    expect(modeOf(file)).toBe(0o600);
    expect(leftovers()).toEqual([]);
  });

  test("gives the mode that was asked for also under a strict umask", () => {
    const umask = process.umask(0o077);
    try {
      writeFileAtomic(file, bytes("a"), { mode: 0o644 });
    } finally {
      process.umask(umask);
    }
    expect(modeOf(file)).toBe(0o644);
  });

  test("never has the bytes in a file that others can read, not even while writing (trap 2)", () => {
    const modes: number[] = [];
    testOnlyArmCheckpoints(() => {
      for (const name of readdirSync(home)) modes.push(modeOf(join(home, name)));
    });
    writeFileAtomic(file, bytes("secret"));
    expect(modes.length).toBeGreaterThan(0);
    expect(modes.filter((mode) => mode !== 0o600)).toEqual([]);
  });

  test("keeps the mode of an existing file when asked to, the executable bit too (trap 4)", () => {
    writeFileSync(file, "a");
    chmodSync(file, 0o755);
    writeFileAtomic(file, bytes("b"), { keepMode: true });
    expect(modeOf(file)).toBe(0o755);
  });

  test("leaves a file with equal bytes alone, inode and time", () => {
    writeFileAtomic(file, bytes("same"));
    const before = statSync(file, { bigint: true });
    expect(writeFileAtomic(file, bytes("same"))).toBe("unchanged");
    const after = statSync(file, { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
  });

  test("tightens a loose file whose bytes are right already", () => {
    writeFileSync(file, "same");
    chmodSync(file, 0o664);
    expect(writeFileAtomic(file, bytes("same"))).toBe("unchanged");
    expect(modeOf(file)).toBe(0o600);
  });

  test("replaces the inode, so that a reader of the old one never sees a torn file", () => {
    writeFileAtomic(file, bytes("old"));
    const before = statSync(file).ino;
    writeFileAtomic(file, bytes("new"));
    expect(statSync(file).ino).not.toBe(before);
  });

  test("puts short writes together", () => {
    testOnlyWithFaults(
      (real) => ({
        write: (descriptor, all, offset) => real.write(descriptor, all.subarray(0, offset + 2), offset),
      }),
      () => writeFileAtomic(file, bytes("abcdefg")),
    );
    expect(text(file)).toBe("abcdefg");
  });

  test("writes an empty file", () => {
    writeFileAtomic(file, bytes(""));
    expect(text(file)).toBe("");
  });

  test("writes beside a name as long as the file system takes", () => {
    const long = join(home, "é".repeat(127));
    writeFileAtomic(long, bytes("a"));
    expect(text(long)).toBe("a");
  });

  test("refuses a directory and leaves it alone", () => {
    mkdirSync(file);
    expect(kindOf(() => writeFileAtomic(file, bytes("a")))).toBe("not_a_file");
    expect(statSync(file).isDirectory()).toBe(true);
  });

  test("writes over an unreadable target never: what can't be judged is not replaced", () => {
    writeFileSync(file, "precious");
    const kind = testOnlyWithFaults(
      (real) => ({
        open: (path, ...rest) => (path === file ? failing("EACCES")() : real.open(path, ...rest)),
      }),
      () => kindOf(() => writeFileAtomic(file, bytes("a"))),
    );
    expect(kind).toBe("store_denied");
    expect(text(file)).toBe("precious");
  });
});

describe("a symlink", () => {
  test("is written through, over a chain with relative and absolute steps", () => {
    mkdirSync(join(home, "dotfiles"));
    writeFileSync(join(home, "dotfiles", "real.json"), "old");
    symlinkSync("dotfiles/second", file);
    symlinkSync(join(home, "dotfiles", "real.json"), join(home, "dotfiles", "second"));
    writeFileAtomic(file, bytes("new"));
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(home, "dotfiles", "second")).isSymbolicLink()).toBe(true);
    expect(text(join(home, "dotfiles", "real.json"))).toBe("new");
    expect(readdirSync(join(home, "dotfiles")).filter(isTemporaryName)).toEqual([]);
  });

  test("with `..` is resolved from where its directory really is", () => {
    mkdirSync(join(home, "deep", "er"), { recursive: true });
    symlinkSync("deep/er", join(home, "short"));
    symlinkSync("../target", join(home, "deep", "er", "link"));
    writeFileAtomic(join(home, "short", "link"), bytes("a"));
    expect(text(join(home, "deep", "target"))).toBe("a");
  });

  test("that dangles gets its target made", () => {
    symlinkSync("later.json", file);
    writeFileAtomic(file, bytes("a"), { expect: "absent" });
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(text(join(home, "later.json"))).toBe("a");
  });

  test("that leads in a circle is refused", () => {
    symlinkSync("b", join(home, "a"));
    symlinkSync("a", join(home, "b"));
    expect(kindOf(() => writeFileAtomic(join(home, "a"), bytes("x")))).toBe("link_loop");
  });
});

describe("expect", () => {
  test("lets the write through where the bytes are those that were judged", () => {
    writeFileSync(file, "judged");
    expect(writeFileAtomic(file, bytes("new"), { expect: read() })).toBe("written");
  });

  test.each([
    ["changed in place, same size and same time", () => writeFileSync(file, "JUDGED")],
    ["replaced by rename", () => writeFileAtomic(file, bytes("another"))],
    ["removed", () => unlinkSync(file)],
  ])("stops the write where the file was %s right before the rename", (_name, meddle) => {
    writeFileSync(file, "judged");
    const judged = read();
    testOnlyArmCheckpoints((name) => {
      if (name !== "temporary-written") return;
      testOnlyArmCheckpoints(undefined);
      meddle();
    });
    const error = errorOf(() => writeFileAtomic(file, bytes("new"), { expect: judged }));
    expect(error?.kind).toBe("concurrent_modification");
    expect(error?.retrySafe).toBe(true);
    expect(readRegularFile(file)?.bytes).not.toEqual(bytes("new"));
    expect(leftovers()).toEqual([]);
  });

  test("puts back what another program wrote between the last look and the new name", () => {
    writeFileSync(file, "judged");
    const judged = readRegularFile(file);
    const theirs = ["theirs"];
    const write = () => writeFileAtomic(file, bytes("ours"), { expect: judged ?? "absent" });
    const kind = testOnlyWithFaults(
      ({ exchange }) => ({
        exchange: (a, b) => {
          for (const content of theirs.splice(0)) renameSync(put(content), b);
          return exchange(a, b);
        },
      }),
      () => kindOf(write),
    );
    expect([kind, text(file), leftovers()]).toEqual(["concurrent_modification", "theirs", []]);
  });

  test("says that the bytes stood there, also for the moment before they were taken away again", () => {
    const told: string[] = [];
    const write = (content: string, judged: FileContent | "absent") =>
      kindOf(() =>
        writeFileAtomic(file, bytes(content), { expect: judged, shown: () => told.push(content) }),
      );
    const judged = () => readRegularFile(file) ?? "absent";
    const theirs = () => renameSync(put("theirs"), file);
    write("new", "absent");
    write("new", judged());
    write("changed", judged());
    expect(told).toEqual(["new", "new", "changed"]);
    testOnlyArmCheckpoints((name) => name === "temporary-written" && theirs());
    expect(write("too late", judged())).toBe("concurrent_modification");
    expect(told).toHaveLength(3);
    testOnlyArmCheckpoints(undefined);
    writeFileSync(file, "judged");
    const found = judged();
    const exchanged = () =>
      testOnlyWithFaults(
        ({ exchange }) => ({
          exchange: (from, to) => {
            if (told.length === 3) theirs();
            return exchange(from, to);
          },
        }),
        () => write("put back", found),
      );
    if (process.platform === "win32") return;
    expect(exchanged()).toBe("concurrent_modification");
    expect([text(file), told.at(-1)]).toEqual(["theirs", "put back"]);
  });

  test.each([
    ["one", ["first"], undefined],
    ["two", ["first", "second"], "first"],
    ["three", ["first", "second", "third"], "second"],
  ])(
    "leaves the last of %s that another program wrote meanwhile, and hands over the one before",
    (_, writes, last) => {
      writeFileSync(file, "judged");
      const judged = readRegularFile(file) ?? "absent";
      const comes = writes.values();
      let seen: string | undefined;
      const displaced = ({ bytes }: FileContent) => {
        seen = new TextDecoder().decode(bytes);
      };
      const kind = testOnlyWithFaults(
        ({ exchange }) => ({
          exchange: (a, b) => {
            const { value } = comes.next();
            if (value !== undefined) renameSync(put(value), b);
            return exchange(a, b);
          },
        }),
        () => kindOf(() => writeFileAtomic(file, bytes("ours"), { expect: judged, displaced })),
      );
      expect([kind, text(file), seen, leftovers()]).toEqual([
        "concurrent_modification",
        writes.at(-1),
        last,
        [],
      ]);
    },
  );

  test("lets the write through where the file system can't exchange names", () => {
    writeFileSync(file, "judged");
    const judged = readRegularFile(file);
    const write = () => writeFileAtomic(file, bytes("ours"), { expect: judged ?? "absent" });
    expect(testOnlyWithFaults(() => ({ exchange: () => false }), write)).toBe("written");
    expect([text(file), leftovers()]).toEqual(["ours", []]);
  });

  test("absent stops the write where another program made the file at the last moment", () => {
    testOnlyArmCheckpoints((name) => {
      if (name === "temporary-written") writeFileSync(file, "theirs");
    });
    expect(kindOf(() => writeFileAtomic(file, bytes("ours"), { expect: "absent" }))).toBe(
      "concurrent_modification",
    );
    expect(text(file)).toBe("theirs");
    expect(leftovers()).toEqual([]);
  });

  test("absent works where the file system has no hard links", () => {
    testOnlyWithFaults(
      () => ({ link: failing("EPERM") }),
      () => writeFileAtomic(file, bytes("ours"), { expect: "absent" }),
    );
    expect(text(file)).toBe("ours");
    expect(leftovers()).toEqual([]);
  });

  test("that no longer holds is no error where the wanted bytes are there already", () => {
    writeFileSync(file, "old");
    const judged = read();
    writeFileSync(file, "new");
    expect(writeFileAtomic(file, bytes("new"), { expect: judged })).toBe("unchanged");
  });
});

describe("a file in flight that was written before its turn", () => {
  const inFlight = (content: string, options?: { readonly sync: boolean }) =>
    writeBeforehand(file, bytes(content), options);
  const inodeOf = (path: string) => statSync(path).ino;

  test("stands beside its target, for its owner alone, and only gets the name", () => {
    writeFileSync(file, "old");
    const beforehand = inFlight("new");
    const ownersAlone = process.platform === "win32" ? 0o666 : 0o600;
    expect([text(file), modeOf(beforehand.temporary), leftovers().length]).toEqual(["old", ownersAlone, 1]);
    const inode = inodeOf(beforehand.temporary);
    writeFileAtomic(file, bytes("new"), { expect: read(), beforehand });
    expect([text(file), inodeOf(file), leftovers()]).toEqual(["new", inode, []]);
    forgetBeforehand(beforehand);
    expect(text(file)).toBe("new");
  });

  test("is left alone for other bytes, for another target, and where the new file has to be synced", () => {
    writeFileSync(file, "old");
    const beforehand = inFlight("new");
    const other = join(home, "other");
    for (const write of [
      () => writeFileAtomic(file, bytes("newer"), { beforehand }),
      () => writeFileAtomic(other, bytes("new"), { beforehand }),
      () => writeFileAtomic(file, bytes("new"), { sync: true, beforehand }),
    ]) {
      write();
      expect(leftovers()).toEqual([basename(beforehand.temporary)]);
    }
    expect([text(file), text(other)]).toEqual(["new", "new"]);
    forgetBeforehand(beforehand);
    expect(leftovers()).toEqual([]);
  });

  test("replaces nothing that changed after it was judged, and is gone then", () => {
    writeFileSync(file, "old");
    const judged = read();
    const beforehand = inFlight("new", { sync: true });
    writeFileSync(file, "theirs");
    const kind = kindOf(() =>
      writeFileAtomic(file, bytes("new"), { expect: judged, sync: true, beforehand }),
    );
    expect([kind, text(file), leftovers()]).toEqual(["concurrent_modification", "theirs", []]);
  });

  test("is known by its name: to whom it is, and whether it is our own", () => {
    const { temporary } = inFlight("new");
    const [own, others] = [basename(temporary), `.${basename(file)}.clauth-${process.pid + 1}-ab1.tmp`];
    expect([own, others].map((name) => isInFlightTo(file, name))).toEqual([false, true]);
    expect([own, others].map((name) => isInFlightTo(join(home, "other"), name))).toEqual([false, false]);
    expect(isInFlightTo(file, `${basename(file)}.tmp.${process.pid + 1}`)).toBe(false);
  });
});

describe("a failing disk", () => {
  const calls = ["open", "write", "syncData", "rename", "chmodOpen"] as const;
  const errors = [
    ["ENOSPC", "store_full"],
    ["EDQUOT", "store_full"],
    ["EROFS", "store_read_only"],
    ["EIO", "store_failed"],
    ["ESTALE", "concurrent_modification"],
    ["EMFILE", "store_busy"],
  ] as const;

  test.each(calls.flatMap((call) => errors.map(([errno, kind]) => [call, errno, kind] as const)))(
    "%s: %s leaves the old bytes, no temporary file, and says %s",
    (call, errno, kind) => {
      writeFileSync(file, "old");
      const error = testOnlyWithFaults(
        (real) => ({
          [call]: (...args: [string, ...never[]]) =>
            call === "open" && args[0] === file ? Reflect.apply(real.open, real, args) : failing(errno)(),
        }),
        () => errorOf(() => writeFileAtomic(file, bytes("new"), { sync: true, mode: 0o640 })),
      );
      expect(error?.kind).toBe(kind);
      expect(error?.message).not.toContain(errno);
      expect(text(file)).toBe("old");
      expect(leftovers()).toEqual([]);
    },
  );

  test("that fills up in the middle of the bytes leaves the old file", () => {
    writeFileSync(file, "old");
    let written = 0;
    const kind = testOnlyWithFaults(
      (real) => ({
        write: (descriptor, all, offset) => {
          if (written > 0) throw systemError("ENOSPC");
          written = real.write(descriptor, all.subarray(0, 2), offset);
          return written;
        },
      }),
      () => kindOf(() => writeFileAtomic(file, bytes("new bytes"))),
    );
    expect(kind).toBe("store_full");
    expect(text(file)).toBe("old");
    expect(leftovers()).toEqual([]);
  });

  test.each(["EPERM", "EBUSY", "EACCES"])("retries a rename that a scanner refuses with %s", (errno) => {
    let refusals = 3;
    testOnlyWithFaults(
      (real) => ({ rename: (from, to) => (refusals-- > 0 ? failing(errno)() : real.rename(from, to)) }),
      () => writeFileAtomic(file, bytes("a")),
    );
    expect(text(file)).toBe("a");
  });

  test("looks anew after each wait: what another program wrote meanwhile stays", () => {
    writeFileSync(file, "judged");
    const judged = readRegularFile(file);
    const kind = testOnlyWithFaults(
      () => ({
        exchange: () => false,
        rename: () => {
          writeFileSync(file, "theirs");
          return failing("EBUSY")();
        },
      }),
      () => kindOf(() => writeFileAtomic(file, bytes("ours"), judged && { expect: judged })),
    );
    expect(kind).toBe("concurrent_modification");
    expect(text(file)).toBe("theirs");
  });

  test("ends the retries after about 750 ms of sleep, not of work", () => {
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    const kind = testOnlyWithFaults(
      () => ({ rename: failing("EACCES") }),
      () => kindOf(() => writeFileAtomic(file, bytes("a"))),
    );
    expect(kind).toBe("store_denied");
    expect(performance.now() - started).toBeGreaterThan(700);
    expect(process.cpuUsage(cpu).user / 1000).toBeLessThan(350);
    expect(leftovers()).toEqual([]);
  });

  test("syncs bytes before the rename and the directory after it, when asked to", () => {
    const order: string[] = [];
    testOnlyWithFaults(
      (real) => ({
        syncData: (descriptor) => {
          order.push("data");
          real.syncData(descriptor);
        },
        rename: (from, to) => {
          order.push("rename");
          real.rename(from, to);
        },
        syncAll: (descriptor) => {
          order.push("directory");
          real.syncAll(descriptor);
        },
      }),
      () => {
        writeFileAtomic(file, bytes("a"), { sync: true });
        writeFileAtomic(file, bytes("b"));
      },
    );
    expect(order).toEqual(["data", "rename", "directory", "rename"]);
  });

  test.each(["EINVAL", "EPERM"])("a directory that can't be synced (%s) does not undo the write", (errno) => {
    testOnlyWithFaults(
      () => ({ syncAll: failing(errno) }),
      () => writeFileAtomic(file, bytes("a"), { sync: true }),
    );
    expect(text(file)).toBe("a");
  });
});

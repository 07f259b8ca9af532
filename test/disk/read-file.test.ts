import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testOnlyWithFaults } from "../../src/disk/disk.ts";
import { readRegularFile, sameFile, statFile } from "../../src/disk/read-file.ts";
import { failing, kindOf } from "../support/faults.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clauth-read-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const text = (path: string) => new TextDecoder().decode(readRegularFile(path)?.bytes);

describe("readRegularFile", () => {
  test("returns the bytes and what fstat said of them", () => {
    const path = join(home, "a");
    writeFileSync(path, "héllo", { mode: 0o640 });
    const content = readRegularFile(path);
    expect(new TextDecoder().decode(content?.bytes)).toBe("héllo");
    expect(content?.stat.size).toBe(6n);
    expect(content?.stat.mode).toBe(0o640);
    expect(content?.stat).toEqual(statFile(path));
  });

  test("follows a symlink", () => {
    writeFileSync(join(home, "a"), "x");
    symlinkSync("a", join(home, "l"));
    expect(text(join(home, "l"))).toBe("x");
  });

  test("returns undefined for a missing name, a dangling link, and a file in place of the directory", () => {
    symlinkSync("nowhere", join(home, "dangling"));
    writeFileSync(join(home, "file"), "");
    expect(readRegularFile(join(home, "missing"))).toBeUndefined();
    expect(readRegularFile(join(home, "dangling"))).toBeUndefined();
    expect(readRegularFile(join(home, "file", "below"))).toBeUndefined();
  });

  test("refuses a directory", () => {
    expect(kindOf(() => readRegularFile(home))).toBe("not_a_file");
  });

  test("refuses a FIFO without waiting for a writer", () => {
    execFileSync("mkfifo", [join(home, "fifo")]);
    expect(kindOf(() => readRegularFile(join(home, "fifo")))).toBe("not_a_file");
  });

  test("refuses a device without reading it", () => {
    expect(kindOf(() => readRegularFile("/dev/zero"))).toBe("not_a_file");
  });

  test("refuses a socket", () => {
    const server = Bun.listen({ unix: join(home, "s"), socket: { data() {} } });
    expect(kindOf(() => readRegularFile(join(home, "s")))).toBe("not_a_file");
    server.stop(true);
  });

  test("refuses a huge file before it reads a byte", () => {
    writeFileSync(join(home, "huge"), "");
    truncateSync(join(home, "huge"), 10 * 1024 ** 3);
    const read = failing("EIO");
    const kind = testOnlyWithFaults(
      () => ({ read }),
      () => kindOf(() => readRegularFile(join(home, "huge"))),
    );
    expect(kind).toBe("file_too_large");
  });

  test("holds to the limit also where the file grows while it is read", () => {
    const path = join(home, "grows");
    writeFileSync(path, "12345");
    const kind = testOnlyWithFaults(
      (real) => ({
        read: (descriptor, into, offset) => {
          appendFileSync(path, "6789");
          return real.read(descriptor, into, offset);
        },
      }),
      () => kindOf(() => readRegularFile(path, { maxBytes: 8 })),
    );
    expect(kind).toBe("file_too_large");
  });

  test("puts short reads together", () => {
    writeFileSync(join(home, "a"), "abcdef");
    const whole = testOnlyWithFaults(
      (real) => ({
        read: (descriptor, into, offset) => real.read(descriptor, into.subarray(0, offset + 1), offset),
      }),
      () => text(join(home, "a")),
    );
    expect(whole).toBe("abcdef");
  });

  test("reads a file of /proc, which says that it has no bytes", () => {
    expect(text("/proc/self/status")).toContain("Pid:");
  });

  test("reads an empty file as no bytes, which is not the same as no file", () => {
    writeFileSync(join(home, "empty"), "");
    expect(readRegularFile(join(home, "empty"))?.bytes.length).toBe(0);
  });

  test.each([
    ["EACCES", "store_denied"],
    ["EMFILE", "store_busy"],
    ["ELOOP", "link_loop"],
    ["EIO", "store_failed"],
    ["ESTALE", "concurrent_modification"],
  ])("gives %s on open its meaning: %s", (errno, kind) => {
    const answer = testOnlyWithFaults(
      () => ({ open: failing(errno) }),
      () => kindOf(() => readRegularFile(join(home, "a"))),
    );
    expect(answer).toBe(kind);
  });

  test("closes the file also when reading fails", () => {
    writeFileSync(join(home, "a"), "x");
    const closed: number[] = [];
    const kind = testOnlyWithFaults(
      (real) => ({
        read: failing("EIO"),
        close: (descriptor) => {
          closed.push(descriptor);
          real.close(descriptor);
        },
      }),
      () => kindOf(() => readRegularFile(join(home, "a"))),
    );
    expect(kind).toBe("store_failed");
    expect(closed).toHaveLength(1);
  });
});

describe("statFile", () => {
  test("tells two names of one file from two files with equal bytes", () => {
    writeFileSync(join(home, "a"), "x");
    symlinkSync("a", join(home, "l"));
    writeFileSync(join(home, "b"), "x");
    const [a, l, b] = ["a", "l", "b"].map((name) => statFile(join(home, name)));
    if (!a || !l || !b) throw new Error("a file is missing");
    expect(sameFile(a, l)).toBe(true);
    expect(sameFile(a, b)).toBe(false);
  });

  test("looks at a directory too, and returns undefined for nothing", () => {
    mkdirSync(join(home, "d"), { mode: 0o750 });
    expect(statFile(join(home, "d"))?.mode).toBe(0o750);
    expect(statFile(join(home, "none"))).toBeUndefined();
  });
});

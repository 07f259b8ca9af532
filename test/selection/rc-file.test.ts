import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { ClauthError } from "../../src/errors.ts";
import { directoriesUpward, parseRcFile, readRcFile } from "../../src/selection/rc-file.ts";

const ME = process.geteuid?.();

let home: string;
let cwd: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-rc-")));
  cwd = join(home, "work", "deep");
  mkdirSync(cwd, { recursive: true });
});

afterEach(() => rmSync(home, { recursive: true }));

function write(directory: string, content: string | Uint8Array, mode = 0o644): string {
  const path = join(directory, ".clauthrc");
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function read(content: string | Uint8Array, mode?: number) {
  write(cwd, content, mode);
  return readRcFile({ cwd, home });
}

test("takes the nearest file, up to and including the home directory", () => {
  expect(readRcFile({ cwd, home })).toBeUndefined();
  write(home, "at-home");
  expect(readRcFile({ cwd, home })).toMatchObject({
    path: join(home, ".clauthrc"),
    choice: "at-home",
    line: 1,
  });
  write(join(home, "work"), "at-work");
  expect(String(readRcFile({ cwd, home })?.choice)).toBe("at-work");
});

test("takes a directory that was named by what other bytes become for what it is called", () => {
  const named = join(home, "work/odd\uFFFD");
  mkdirSync(named);
  write(named, "odd");
  write(home, "at-home");
  expect(String(readRcFile({ cwd: named, home })?.choice)).toBe("odd");
});

test("looks above a home directory only from outside of it", () => {
  write(home, "above");
  expect(readRcFile({ cwd, home: join(home, "work") })).toBeUndefined();
  expect(String(readRcFile({ cwd, home: join(home, "other") })?.choice)).toBe("above");
  expect(directoriesUpward("/a/b", "/home/me")).toEqual(["/a/b", "/a", "/"]);
  expect(directoriesUpward("/", "/")).toEqual(["/"]);
});

test.each([
  ["work", 1],
  ["work\n", 1],
  ["\uFEFFwork\r\n", 1],
  ["\n# which account\n  # indented\r\n\r\nwork\r\n\n# end\n", 5],
  ['profile = "work"\n', 1],
  ['profile="work"', 1],
  ['# c\nprofile\t=  "work"\r\n', 2],
])("reads %j as work, on line %d", (content, line) => {
  expect(read(content)).toMatchObject({ choice: "work", line });
});

test("may name the untouched claude", () => {
  expect(read("system\n")?.choice).toBe("system");
});

describe("refuses, and never falls through to a file above (DESIGN section 4)", () => {
  beforeEach(() => void write(home, "at-home"));

  test.each([
    ["a second line", "work\nother\n", "rc_file_invalid", ":2:"],
    ["another key", 'profile = "work"\nenv = "x"\n', "rc_file_invalid", ":2:"],
    ["nothing", "", "rc_file_invalid", ":1:"],
    ["comments alone", "# work\n", "rc_file_invalid", ":1:"],
    ["a name with a space around it", "# c\n work\n", "profile_name_invalid", ":2:"],
    ["a quoted name with a space", 'profile = "work "', "profile_name_invalid", ":1:"],
    ["a comment after the name", "work # mine", "profile_name_invalid", ":1:"],
    ["a comment after the quoted name", 'profile = "work" # mine', "profile_name_invalid", ":1:"],
    ["another key alone", 'account = "work"', "profile_name_invalid", ":1:"],
    ["a path", "../../etc", "profile_name_invalid", ":1:"],
    ["a command", "$(id)", "profile_name_invalid", ":1:"],
    ["a NUL", "work\0", "profile_name_invalid", ":1:"],
    ["a verb of clauth", "remove", "profile_name_invalid", ":1:"],
  ])("%s", (_, content, kind, where) => {
    expect(() => read(content)).toThrow(
      expect.objectContaining({ kind, exitCode: 125, path: join(cwd, ".clauthrc") }),
    );
    expect(() => read(content)).toThrow(`.clauthrc${where}`);
  });

  test.each([
    "sk-ant-ort01-fakeA",
    'profile = "sk-ant-ort01-fakeA"',
    'key = "sk-ant-ort01-fakeA"',
    "token=sk-proj-fakeA-0123456789012345",
    `eyJhbGciOiJub25lIn0.fakeA${"0".repeat(70)}.`,
    "https://me:fakeA@example.test/",
  ])("a token, which is not echoed: %s", (content) => {
    expect(() => read(content)).toThrow(expect.objectContaining({ kind: "secret_as_name" }));
    expect(() => read(content)).not.toThrow(/fakeA/);
  });

  test("what is not UTF-8", () => {
    expect(() => read(new Uint8Array([0x77, 0xff]))).toThrow(/:1: the file is not UTF-8 text/);
  });

  test("more than 4 KiB, and not a byte less", () => {
    expect(read(`#${"x".repeat(4090)}\nwork`)).toMatchObject({ choice: "work", line: 2 });
    expect(() => read(`#${"x".repeat(4091)}\nwork`)).toThrow(
      expect.objectContaining({
        kind: "rc_file_refused",
        message: expect.stringContaining("larger than 4 KiB"),
      }),
    );
  });

  test("a directory", () => {
    mkdirSync(join(cwd, ".clauthrc"));
    expect(() => readRcFile({ cwd, home })).toThrow(/is not a regular file/);
  });

  test.skipIf(process.platform === "win32")("a FIFO, without waiting for a writer", () => {
    Bun.spawnSync(["mkfifo", join(cwd, ".clauthrc")]);
    expect(() => readRcFile({ cwd, home })).toThrow(/is not a regular file/);
  });

  test("a link that leads to nothing", () => {
    symlinkSync("gone", join(cwd, ".clauthrc"));
    expect(() => readRcFile({ cwd, home })).toThrow(/leads to nothing/);
  });

  test("a link in a circle", () => {
    symlinkSync(".clauthrc", join(cwd, ".clauthrc"));
    expect(() => readRcFile({ cwd, home })).toThrow(expect.objectContaining({ exitCode: 125 }));
  });

  test("a file that everybody may write", () => {
    expect(() => read("work", 0o646)).toThrow(/can be written by everybody/);
    expect(read("work", 0o664)).toMatchObject({ choice: "work" });
  });

  test.skipIf(ME !== 0)("a file or a link of another user, but none of root", () => {
    const path = write(cwd, "work");
    expect(readRcFile({ cwd, home, uid: 1000 })).toMatchObject({ choice: "work" });
    Bun.spawnSync(["chown", "1001", path]);
    expect(() => readRcFile({ cwd, home, uid: 1000 })).toThrow(/belongs to another user/);
    rmSync(path);
    symlinkSync(write(join(home, "work"), "work"), path);
    Bun.spawnSync(["chown", "-h", "1001", path]);
    expect(() => readRcFile({ cwd, home, uid: 1000 })).toThrow(/belongs to another user/);
  });
});

describe("a link that leads out of its directory", () => {
  const isKnown = (choice: string) => choice === "work";

  test.each(["hunter2", "hunter2 and more", "fake-token_0123456789"])(
    "names no profile with %j, and no message shows it: it may be a secret of the user's",
    (secret) => {
      writeFileSync(join(home, "secret"), `${secret}\n`);
      symlinkSync("../../secret", join(cwd, ".clauthrc"));
      const refusal = refusalOf(() => readRcFile({ cwd, home, isKnown }));
      expect(refusal).toMatchObject({ kind: "rc_file_invalid", exitCode: 125, path: join(cwd, ".clauthrc") });
      expect(`${refusal.message} ${refusal.hint}`).not.toContain(secret);
    },
  );

  test("names a profile that exists", () => {
    writeFileSync(join(home, "shared"), "work\n");
    symlinkSync(join(home, "shared"), join(cwd, ".clauthrc"));
    expect(readRcFile({ cwd, home, isKnown })).toMatchObject({
      choice: "work",
      path: join(cwd, ".clauthrc"),
    });
    expect(() => readRcFile({ cwd, home })).toThrow("names no profile");
  });
});

test("follows a link to a file below", () => {
  mkdirSync(join(home, "dotfiles"));
  writeFileSync(join(home, "dotfiles", "clauthrc"), "not-yet\n");
  symlinkSync("dotfiles/clauthrc", join(home, ".clauthrc"));
  expect(readRcFile({ cwd, home })).toMatchObject({ choice: "not-yet", path: join(home, ".clauthrc") });
});

function refusalOf(read: () => unknown): ClauthError {
  try {
    read();
  } catch (error) {
    if (error instanceof ClauthError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("gives for any bytes one line as a name, or a complaint with its line", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", " ", "#", "\n", "\r", '"', "=", "profile", "\uFEFF", "\0", "é"),
  });
  const bytes = fc.oneof(
    fc.uint8Array(),
    text.map((content) => new TextEncoder().encode(content)),
  );
  fc.assert(
    fc.property(bytes, (content) => {
      const parsed = parseRcFile(content);
      expect(parsed.line).toBeGreaterThanOrEqual(1);
      if ("name" in parsed) expect(parsed.name).not.toContain("\n");
      else expect(parsed.complaint).not.toBe("");
    }),
    { numRuns: 2000 },
  );
});

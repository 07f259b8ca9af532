import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { libcIn, libcPath, openLibc } from "../src/libc.ts";

describe("libcIn", () => {
  const line = (path: string) => `7f1c2a000000-7f1c2a1bd000 r-xp 00026000 fe:00 131 ${path}\n`;

  test.each([
    ["glibc", "/usr/lib/x86_64-linux-gnu/libc.so.6"],
    ["musl as Alpine names it", "/lib/ld-musl-x86_64.so.1"],
    ["musl under its own name", "/lib/libc.musl-aarch64.so.1"],
  ])("finds %s among the mapped files", (_name, path) => {
    expect(libcIn(line("/usr/bin/bun") + line(path) + line("/usr/lib/libm.so.6"))).toBe(path);
  });

  test("finds nothing where there is nothing, and never a relative name", () => {
    expect(libcIn(line("/usr/bin/bun"))).toBeUndefined();
    expect(libcIn(line("libc.so.6"))).toBeUndefined();
  });
});

test("libcPath is absolute, so that the working directory can't offer another library", () => {
  expect(isAbsolute(libcPath())).toBe(true);
});

test("a hostile libc.so.6 in the working directory is not loaded", () => {
  const directory = mkdtempSync(join(tmpdir(), "clauth-libc-"));
  writeFileSync(join(directory, "libc.so.6"), "not a library");
  const source = `import { openLibc } from ${JSON.stringify(join(import.meta.dir, "../src/libc.ts"))};
    console.log(openLibc({ getpid: { args: [], returns: "i32" } }).symbols.getpid() === process.pid);`;
  const child = Bun.spawnSync([process.execPath, "-e", source], { cwd: directory });
  rmSync(directory, { recursive: true });
  expect(child.stdout.toString().trim()).toBe("true");
});

test("openLibc calls the C library of this process", () => {
  const { getpid } = openLibc({ getpid: { args: [], returns: "i32" } }).symbols;
  expect(getpid()).toBe(process.pid);
});

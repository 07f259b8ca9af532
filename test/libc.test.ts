import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLibc } from "../src/libc.ts";

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

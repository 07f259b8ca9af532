import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { procText } from "../../src/disk/proc.ts";

const testOnLinux = test.if(process.platform === "linux");

testOnLinux("gives a text a character for each byte", () => {
  const directory = mkdtempSync(join(tmpdir(), "clauth-proc-"));
  const path = join(directory, "bytes");
  writeFileSync(
    path,
    Uint8Array.from({ length: 70_000 }, (_, index) => index % 256),
  );
  expect(procText(`/proc/self/root${path}`)).toBe(readFileSync(path, "latin1"));
  expect(procText("/proc/self/environ")).toBe(readFileSync("/proc/self/environ", "latin1"));
  rmSync(directory, { recursive: true });
});

test("says nothing of what is not there, nor of what can't be read", () => {
  expect(procText("/proc/none")).toBe("");
  expect(procText("/proc/self")).toBe("");
});

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRegularFile } from "../../src/disk/read-file.ts";
import { MISSING, signatureFrom, signatureOf } from "../../src/reconcile/signature.ts";

let directory = "";
let path = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clauth-signature-"));
  path = join(directory, "file");
  writeFileSync(path, "one");
});

afterEach(() => rmSync(directory, { recursive: true }));

test("is that of the bytes as they were read", () => {
  const content = readRegularFile(path) ?? expect.unreachable();
  expect(signatureOf(path)).toBe(signatureFrom(content.stat));
  expect(signatureOf(join(directory, "none"))).toBe(MISSING);
});

test("differs after a change in place that keeps the size and gives the old time back (trap 21)", () => {
  const { atime, mtime } = statSync(path);
  const long = new Date(Math.floor(mtime.getTime() / 1000) * 1000 - 60_000);
  utimesSync(path, atime, long);
  const before = signatureOf(path);
  // More than a tick of the kernel's clock, by which files get their times.
  Bun.sleepSync(20);
  writeFileSync(path, "two");
  utimesSync(path, atime, long);
  expect(before).toBeString();
  expect(signatureOf(path)).not.toBe(before);
});

test("is not there while a clock of whole seconds can't tell two changes apart (trap 21)", () => {
  const now = Math.floor(Date.now() / 1000);
  utimesSync(path, now, now);
  expect(signatureOf(path)).toBeUndefined();
  utimesSync(path, now - 10, now - 10);
  expect(signatureOf(path)).toBeString();
});

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beginWriteBack } from "../../src/disk/write-back.ts";
import { isLinux } from "../../src/fs/linux.ts";

test("a file is on its way to the disk, and what is none is refused", () => {
  const directory = mkdtempSync(join(tmpdir(), "clauth-write-back-"));
  const file = join(directory, "file");
  writeFileSync(file, "text");
  const paths = [file, "/dev/null", join(directory, "missing")];
  expect(paths.map(beginWriteBack)).toEqual([isLinux, false, false]);
  rmSync(directory, { recursive: true });
});

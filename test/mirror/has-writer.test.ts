import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasWriter } from "../../src/mirror/has-writer.ts";

test.skipIf(process.platform !== "linux")(
  "a file has a writer as long as somebody has it open to write to it",
  async () => {
    const root = mkdtempSync(join(tmpdir(), "clauth-writer-"));
    const path = join(root, "s.jsonl");
    writeFileSync(path, "1\n");
    const [asked, reader] = [openSync(path, "r"), openSync(path, "r")];
    expect(hasWriter(asked)).toBe(false);
    const writer = openSync(path, "a");
    expect(hasWriter(asked)).toBe(true);
    closeSync(writer);
    expect(hasWriter(asked)).toBe(false);
    // Another process, which nothing of the question is left to keep waiting.
    const other = Bun.spawn(["sh", "-c", 'exec 9>>"$1" && echo open && read _', "sh", path], {
      stdin: "pipe",
      stdout: "pipe",
    });
    for await (const _ of other.stdout) break;
    expect(hasWriter(asked)).toBe(true);
    other.stdin.end();
    await other.exited;
    expect(hasWriter(asked)).toBe(false);
    for (const descriptor of [asked, reader]) closeSync(descriptor);
    rmSync(root, { recursive: true });
  },
);

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disk } from "../../src/disk/disk.ts";
import { readRegularFile } from "../../src/disk/read-file.ts";
import { removeFile } from "../../src/disk/remove-file.ts";
import { writeFileAtomic } from "../../src/disk/write-file.ts";
import { kindOf } from "../support/faults.ts";

/** What Windows does with a file that another program has open, or that is read-only. */
describe.skipIf(process.platform !== "win32")("on Windows", () => {
  let home = "";
  let file = "";
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "clauth-held-"));
    file = join(home, "file.json");
    writeFileSync(file, "old");
  });
  afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

  const bytes = (text: string) => new TextEncoder().encode(text);

  /** Resolves once another program has the file open; it lets go after so many milliseconds. */
  async function hold(sharing: "nothing" | "reading", milliseconds: number) {
    const words = [join(import.meta.dir, "support", "hold-file.ts"), file, sharing === "reading" ? "1" : "0"];
    const child = Bun.spawn([process.execPath, ...words, String(milliseconds)], { stdout: "pipe" });
    for await (const _held of child.stdout) break;
    return child;
  }

  test.each(["nothing", "reading"] as const)(
    "a file of which another program shares %s for a moment is replaced after it",
    async (sharing) => {
      const judged = readRegularFile(file);
      await using _holder = await hold(sharing, 150);
      writeFileAtomic(file, bytes("new"), judged && { expect: judged });
      expect(readFileSync(file, "utf8")).toBe("new");
      expect(readdirSync(home)).toEqual(["file.json"]);
    },
  );

  test("a file that another program shares with nobody for a moment is read after it", async () => {
    await using _holder = await hold("nothing", 150);
    expect(Buffer.from(readRegularFile(file)?.bytes ?? []).toString()).toBe("old");
  });

  test("a file that another program shares with nobody for a moment is removed after it", async () => {
    await using _holder = await hold("nothing", 150);
    removeFile(file);
    expect(readdirSync(home)).toEqual([]);
  });

  test("a file that another program keeps stays whole, and that is said", async () => {
    await using holder = await hold("reading", 60_000);
    expect(kindOf(() => writeFileAtomic(file, bytes("new")))).toBe("store_denied");
    expect(readdirSync(home)).toEqual(["file.json"]);
    expect(readFileSync(file, "utf8")).toBe("old");
    holder.kill();
  });

  test("a read-only file is replaced, and stays read-only where its mode is to be kept", () => {
    chmodSync(file, 0o444);
    writeFileAtomic(file, bytes("new"), { keepMode: true });
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(statSync(file).mode & 0o200).toBe(0);
    writeFileAtomic(file, bytes("newer"));
    expect(statSync(file).mode & 0o200).toBe(0o200);
  });

  test("a local disk is told by its drive", () => {
    expect(disk.fileSystemType(home)).toBe(3n);
  });
});

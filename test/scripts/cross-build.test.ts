import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../scripts/build.ts";
import { TARGETS } from "../../scripts/runtime.ts";
import { SHIM_MARKER } from "../../src/own-executable.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-cross-"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** The 55 MB of a runtime are fetched once per checkout. Two kinds of file prove the rest: `bun run build --target all`. */
const PLATFORMS = [
  { target: "windows-x64", suffix: ".exe", kind: "PE 8664" },
  { target: "linux-arm64-musl", suffix: "", kind: "ELF b7" },
] as const;

describe.each(PLATFORMS)("an executable for $target", ({ target, suffix, kind }) => {
  let executable: string;
  beforeAll(async () => {
    executable = await build({ target, outfile: join(root, target, `clauth${suffix}`) });
  }, 120_000);

  test("is one for that system and processor", () => {
    expect(kindOf(executable)).toBe(kind);
  });

  test("has the same bytes a second time, for which nothing is fetched", () => {
    const outfile = join(root, target, "again", `clauth${suffix}`);
    const again = call(["--target", target, "--outfile", outfile], {
      BUN_CONFIG_REGISTRY: "http://127.0.0.1:9/",
    });
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    expect(sha256(outfile)).toBe(sha256(executable));
  });

  test("ends in the marker by which another build knows it, and is smaller than 125 MB", () => {
    const { size } = statSync(executable);
    const end = `\n${SHIM_MARKER}\n`;
    expect(bytesAt(executable, size - end.length, end.length).toString()).toBe(end);
    expect(size).toBeLessThan(125e6);
  });
});

test("the command line says what it can build for, and refuses the rest", () => {
  for (const args of [
    ["--target"],
    ["--target", "windows"],
    ["--outfile", "x", "--target", "all"],
    ["--other", "x"],
  ]) {
    const { exitCode, stderr } = call(args);
    expect({ args, exitCode }).toEqual({ args, exitCode: 2 });
    for (const target of TARGETS) expect(stderr).toContain(target);
  }
});

function call(args: readonly string[], env: Record<string, string> = {}) {
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "scripts/build.ts", ...args], {
    cwd: join(import.meta.dir, "../.."),
    env: { ...process.env, ...env },
  });
  return { exitCode, stderr: stderr.toString() };
}

/** The format by its magic number, and the processor as the format numbers it. */
function kindOf(file: string): string {
  const start = bytesAt(file, 0, 4096);
  if (start.toString("latin1", 0, 4) === "\x7fELF") return `ELF ${start.readUInt16LE(18).toString(16)}`;
  const header = start.readUInt32LE(0x3c);
  const isPE =
    start.toString("latin1", 0, 2) === "MZ" && start.toString("latin1", header, header + 4) === "PE\0\0";
  return isPE ? `PE ${start.readUInt16LE(header + 4).toString(16)}` : "unknown";
}

function bytesAt(file: string, position: number, length: number): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
  } finally {
    closeSync(descriptor);
  }
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

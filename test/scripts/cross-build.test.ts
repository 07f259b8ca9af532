import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, checksums } from "../../scripts/build.ts";
import { TARGETS } from "../../scripts/runtime.ts";
import { SHIM_MARKER } from "../../src/shim-marker.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-cross-"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A runtime of some 40 MB is fetched once per checkout. The two formats that are not Linux' own stand for all ten targets. */
const PLATFORMS = [
  { target: "windows-x64", suffix: ".exe", kind: "PE 8664" },
  { target: "darwin-arm64", suffix: "", kind: "Mach-O c" },
] as const;

describe.each(PLATFORMS)("an executable for $target", ({ target, suffix, kind }) => {
  let executable: Buffer;
  beforeAll(async () => {
    executable = readFileSync(await build({ target, outfile: join(root, target, `clauth${suffix}`) }));
  }, 120_000);

  test("is one for that system and processor, smaller than 125 MB", () => {
    expect(kindOf(executable)).toBe(kind);
    expect(executable.length).toBeLessThan(125e6);
  });

  test("has the same bytes a second time, for which nothing is fetched", () => {
    const outfile = join(root, target, "again", `clauth${suffix}`);
    const again = call(["--target", target, "--outfile", outfile], {
      BUN_CONFIG_REGISTRY: "http://127.0.0.1:9/",
    });
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readFileSync(outfile).equals(executable)).toBe(true);
  }, 60_000);

  test("has what its system asks for at its end", () => {
    const end = `\n${SHIM_MARKER}\n`;
    if (kind.startsWith("PE"))
      expect(executable.toString("latin1", executable.length - end.length)).toBe(end);
    else expect(signedPages(executable)).toEqual({ valid: expect.any(Number), invalid: 0 });
  });
});

test.skipIf(Bun.which("sha256sum") === null)("checksums are those that sha256sum checks", async () => {
  const files = ["one", "other"].map((name) => join(root, name));
  for (const file of files) writeFileSync(file, `${file}\n`.repeat(50_000));
  writeFileSync(join(root, "SHA256SUMS"), await checksums(files));
  const check = () =>
    Bun.spawnSync(["sha256sum", "--check", "--quiet", "SHA256SUMS"], { cwd: root }).exitCode;
  expect(check()).toBe(0);
  writeFileSync(join(root, "other"), "damaged");
  expect(check()).toBe(1);
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
function kindOf(file: Buffer): string {
  if (file.readUInt32LE(0) === 0xfeedfacf) return `Mach-O ${(file.readUInt32LE(4) & 0xff).toString(16)}`;
  const header = file.readUInt32LE(0x3c);
  const isPE =
    file.toString("latin1", 0, 2) === "MZ" && file.toString("latin1", header, header + 4) === "PE\0\0";
  return isPE ? `PE ${file.readUInt16LE(header + 4).toString(16)}` : "unknown";
}

/**
 * The pages whose hash stands in the signature: an Apple processor runs nothing without one. The signature is the last thing in the
 * file, and its one blob the directory of hashes (mach-o/loader.h, cs_blobs.h).
 */
function signedPages(file: Buffer): { valid: number; invalid: number } {
  const signature = signatureIn(file);
  expect(signature.offset + signature.size).toBe(file.length);
  const directory = signature.offset + file.readUInt32BE(signature.offset + 16);
  expect(file.readUInt32BE(directory)).toBe(0xfade0c02);
  const hashes = directory + file.readUInt32BE(directory + 16);
  const count = file.readUInt32BE(directory + 28);
  const end = file.readUInt32BE(directory + 32);
  const page = 2 ** file.readUInt8(directory + 39);
  expect(count).toBe(Math.ceil(end / page));
  const pages = Array.from({ length: count }, (_, index) => {
    const bytes = file.subarray(index * page, Math.min((index + 1) * page, end));
    const hash = file.subarray(hashes + 32 * index, hashes + 32 * (index + 1));
    return createHash("sha256").update(bytes).digest().equals(hash);
  });
  const valid = pages.filter(Boolean).length;
  return { valid, invalid: count - valid };
}

function signatureIn(file: Buffer): { offset: number; size: number } {
  let command = 32;
  for (let left = file.readUInt32LE(16); left > 0; left -= 1) {
    if (file.readUInt32LE(command) === LC_CODE_SIGNATURE)
      return { offset: file.readUInt32LE(command + 8), size: file.readUInt32LE(command + 12) };
    command += file.readUInt32LE(command + 4);
  }
  throw new Error("it is not signed");
}

const LC_CODE_SIGNATURE = 0x1d;

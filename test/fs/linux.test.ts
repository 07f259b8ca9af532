import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the kernel's own headers say, where a C compiler brought them. */
const X64 = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";
const OTHERS = "/usr/include/asm-generic/unistd.h";

test.skipIf(!existsSync(X64) || !existsSync(OTHERS))(
  "every system call has the number that the kernel's headers give it, for x64 and for all others",
  () => {
    const source = readFileSync(join(import.meta.dir, "..", "..", "src", "fs", "linux.ts"), "utf8");
    const calls = [...source.matchAll(/^ {2}(\w+): isX64 \? (\d+) : (\d+),$/gm)];
    expect(calls.length).toBeGreaterThan(15);
    const [x64, others] = [numbersIn(X64), numbersIn(OTHERS)];
    for (const [, name = "", ofX64, ofOthers] of calls)
      expect({ name, numbers: [x64.get(name), others.get(name)] }).toEqual({
        name,
        numbers: [Number(ofX64), Number(ofOthers)],
      });
  },
);

/** The generic list names those apart whose structures have 64-bit fields by another name on 32-bit processors: `__NR3264_fcntl`. */
function numbersIn(header: string): ReadonlyMap<string, number> {
  const defined = readFileSync(header, "utf8").matchAll(/^#define __NR(?:3264)?_(\w+) (\d+)$/gm);
  return new Map([...defined].map(([, name = "", number]) => [name, Number(number)]));
}

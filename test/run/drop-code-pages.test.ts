import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dropCodePages } from "../../src/run/drop-code-pages.ts";

/** Kilobytes of this process' own code and of all else, in memory and of its own making, as proc_pid_smaps(5) has them. */
function memory(): { readonly code: number; readonly written: number } {
  const sum = (lines: readonly string[]) =>
    lines.reduce((total, line) => total + Number(line.split(/\s+/)[1]), 0);
  const mappings = readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const of = (field: string, which: (mapping: string) => boolean) =>
    sum(mappings.filter(which).flatMap((mapping) => mapping.match(new RegExp(`^${field}: .*`, "gm")) ?? []));
  const isCode = (mapping: string) => / r-xp /.test(mapping);
  return { code: of("Rss", isCode), written: of("Anonymous", (mapping) => !/ rw/.test(mapping)) };
}

test.skipIf(process.platform !== "linux")(
  "code leaves the memory and comes back as it is called; nothing written is lost",
  () => {
    const before = memory();
    dropCodePages();
    const after = memory();
    expect(after.code).toBeLessThan(before.code / 2);
    // What the loader wrote before it made its pages read-only.
    expect(before.written).toBeGreaterThan(0);
    expect(after.written).toBe(before.written);
    expect(
      JSON.parse(JSON.stringify({ sorted: [3, 1, 2].toSorted(), text: "ä".normalize("NFD").length })),
    ).toEqual({
      sorted: [1, 2, 3],
      text: 2,
    });
  },
);

import { readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import type { Bench, Section } from "../section.ts";

export function machine({ rounds }: Bench): Section {
  const facts = {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    processor: `${cpus().length} × ${cpus()[0]?.model ?? "?"}`,
    kernel: `${process.platform} ${release()}`,
    bun: `${Bun.version} (${Bun.revision.slice(0, 9)})`,
    rounds,
    load: readFileSync("/proc/loadavg", "utf8").split(" ", 3).join(" "),
  };
  const text = Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");
  return { title: "Machine", text, figures: facts };
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePrograms } from "./programs.ts";
import { type Bench, intoPage, type Section, table } from "./section.ts";
import { carrying } from "./sections/carrying.ts";
import { coldCache } from "./sections/cold-cache.ts";
import { concurrent } from "./sections/concurrent.ts";
import { ends } from "./sections/ends.ts";
import { idle } from "./sections/idle.ts";
import { install } from "./sections/install.ts";
import { instructions } from "./sections/instructions.ts";
import { lastPass } from "./sections/last-pass.ts";
import { locks } from "./sections/locks.ts";
import { machine } from "./sections/machine.ts";
import { size } from "./sections/size.ts";
import { sizes } from "./sections/sizes.ts";
import { starts } from "./sections/starts.ts";
import { verbs } from "./sections/verbs.ts";

const ROOT = join(import.meta.dir, "..");

/** In their order on the page. A section that this machine can't measure is undefined, and left out. */
const SECTIONS: Readonly<Record<string, (bench: Bench) => Measured | Promise<Measured>>> = {
  machine,
  starts,
  instructions,
  verbs,
  sizes,
  concurrent,
  coldCache,
  idle,
  carrying,
  locks,
  ends,
  lastPass,
  install,
  size,
};

type Measured = Section | undefined;

/**
 * `bun run bench [SECTION...] [--rounds N]`, `bun run bench --docs`: what a shim costs, beside floors that are measured in the same run. Prints
 * Markdown, keeps it with the figures in bench/results/, and with `--docs` puts it into docs/performance.md and its headlines into
 * the README. Nothing is judged here: the tests hold counts, which can't be noisy.
 */
const args = process.argv.slice(2);
const rounds = Number(args.includes("--rounds") ? args[args.indexOf("--rounds") + 1] : 31);
const named = args.includes("--docs") ? [] : args.filter((arg) => arg in SECTIONS);
const root = mkdtempSync(join(tmpdir(), "clauth-bench-programs-"));
try {
  const bench = { programs: await makePrograms(root), rounds };
  const sections: Section[] = [];
  for (const [name, measured] of Object.entries(SECTIONS)) {
    if (named.length > 0 && !named.includes(name)) continue;
    const section = await orUndefined(name, () => measured(bench));
    if (section !== undefined) sections.push(section);
  }
  keep(sections);
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** One section that fails takes none of the others along. */
async function orUndefined(name: string, measured: () => Measured | Promise<Measured>): Promise<Measured> {
  try {
    return await measured();
  } catch (error) {
    console.error(`${name} could not be measured: ${error}`);
    return undefined;
  }
}

function keep(sections: readonly Section[]): void {
  const markdown = sections.map(({ title, text }) => `### ${title}\n\n${text}\n`).join("\n");
  const results = join(import.meta.dir, "results");
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${stamp}.md`), markdown);
  writeFileSync(join(results, `${stamp}.json`), JSON.stringify(sections, null, 2));
  if (args.includes("--docs")) {
    intoPage(join(ROOT, "docs", "performance.md"), markdown);
    const headlines = sections.flatMap((section) => section.headlines ?? []);
    intoPage(join(ROOT, "README.md"), `${table(["median", "ms"], headlines)}\n`);
  }
  console.log(markdown);
}

import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MirrorPlaces, mirrorPass } from "../src/mirror/mirror-pass.ts";
import { watchMirror } from "../src/mirror/watch-mirror.ts";
import { median, quantile } from "./measure.ts";
import { makePrograms, type Programs } from "./programs.ts";
import { makeUser, USUAL } from "./user.ts";
import { latency, startWaiting } from "./waiting.ts";

/**
 * `bun bench/mirror.ts [FILES...]`: what a mirror costs where a tree can't link to claude home, by how many files there are.
 * Prints Markdown: the median of the wall time, and of the processor time, which other work on the machine does not blur.
 */
const sizes = process.argv.slice(2).map(Number);
const FILES_IN_DIRECTORY = 50;

type Time = { readonly wall: number; readonly cpu: number };
type Mirror = { readonly places: MirrorPlaces; readonly names: readonly string[] };

const columns: { files: number; rows: Map<string, string> }[] = [];
const built = mkdtempSync(join(tmpdir(), "clauth-bench-programs-"));
try {
  const programs = await makePrograms(built);
  for (const files of sizes.length > 0 ? sizes : [1000, 20_000, 100_000])
    columns.push({ files, rows: new Map([...figuresOf(files), ...(await besideClaude(programs, files))]) });
} finally {
  rmSync(built, { recursive: true, force: true });
}
console.log(`| wall ms (CPU ms) | ${columns.map(({ files }) => `${files} files`).join(" | ")} |`);
console.log(`| --- |${" ---: |".repeat(columns.length)}`);
for (const what of columns[0]?.rows.keys() ?? []) {
  console.log(`| ${what} | ${columns.map(({ rows }) => rows.get(what)).join(" | ")} |`);
}

function figuresOf(files: number): Map<string, string> {
  const root = mkdtempSync(join(tmpdir(), "clauth-bench-mirror-"));
  try {
    const mirror = makeMirror(root, files);
    const rows = new Map<string, string>();
    rows.set("first pass, into an empty tree", text([timed(() => pass(mirror))]));
    rows.set("look at everything, nothing changed", text(repeated(7, () => pass(mirror))));
    for (const count of [0, 1, 10, 100]) {
      const ticks = Array.from({ length: 9 }, () => tick(mirror, count));
      rows.set(
        count === 0 ? "a tick, woken by nothing that counts" : `a tick, ${count} files appended to`,
        text(ticks),
      );
    }
    rows.set(
      "a tick, 100 new files",
      text([newFiles(mirror, 100, 0), newFiles(mirror, 100, 1), newFiles(mirror, 100, 2)]),
    );
    rows.set("a tick, 1 KB behind a transcript of 50 MB", text(transcript(mirror)));
    const before = process.memoryUsage().rss;
    rows.set(
      "watches armed",
      text([
        timed(() =>
          watchMirror(
            mirror.places,
            () => true,
            () => {},
          ).close(),
        ),
      ]),
    );
    rows.set("memory of the watches, MB", ((process.memoryUsage().rss - before) / 1e6).toFixed(1));
    return rows;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** End to end, by the compiled shim of a claude that waits: from a write until the other side has it. */
async function besideClaude(programs: Programs, files: number): Promise<Map<string, string>> {
  const user = makeUser({ ...USUAL, entries: 0, files });
  const env = { CLAUTH_PROFILE: "work", CLAUTH_LINK_MODE: "copy" };
  const session = startWaiting(programs, programs.shim, user, env);
  const name = "projects/p0/0.jsonl";
  const sides = { tree: join(user.runtime, name), home: join(user.home, ".claude", name) };
  const travels = (from: string, to: string) => {
    const line = `${crypto.randomUUID()}\n`;
    return latency(
      () => appendFileSync(from, line),
      () => readFileSync(to, "utf8").endsWith(line),
    );
  };
  // The first waits for the watches, the second for the look at everything that follows them.
  travels(sides.home, sides.tree);
  travels(sides.tree, sides.home);
  const rows = new Map<string, string>();
  for (const [what, from, to] of [
    ["a line of claude's until it is in `~/.claude`", sides.tree, sides.home],
    ["a line in `~/.claude` until claude has it", sides.home, sides.tree],
  ] as const) {
    const values: number[] = [];
    while (values.length < 31) {
      await Bun.sleep(150);
      values.push(travels(from, to));
    }
    rows.set(`${what}: median, 99 %`, `${median(values).toFixed(0)}, ${quantile(values, 0.99).toFixed(0)}`);
  }
  await session.end();
  user.close();
  return rows;
}

function makeMirror(root: string, files: number): Mirror {
  const places = {
    home: join(root, ".claude"),
    tree: join(root, "runtime"),
    base: join(root, "base"),
    backups: join(root, "backups"),
  };
  mkdirSync(places.tree);
  const names = Array.from({ length: files }, (_, n) => {
    const directory = `projects/-home-user-project-${Math.floor(n / FILES_IN_DIRECTORY)}`;
    return `${directory}/0f3c8a2e-0000-4000-8000-${String(n).padStart(12, "0")}.jsonl`;
  });
  for (const [n, name] of names.entries()) {
    if (n % FILES_IN_DIRECTORY === 0) mkdirSync(join(places.home, name, ".."), { recursive: true });
    writeFileSync(join(places.home, name), `{"type":"user","n":${n}}\n`.repeat(40));
    utimesSync(join(places.home, name), 1.7e9 + n, 1.7e9 + n);
  }
  return { places, names };
}

function pass({ places }: Mirror, changed?: ReadonlySet<string>): void {
  const { skipped } = mirrorPass({ places, isMirrored: () => true, trusted: true, changed });
  if (skipped.length > 0) throw new Error(`skipped ${JSON.stringify(skipped)}`);
}

/** Claude appends to some transcripts of the tree; a tick with none is woken by a file that is as it was. */
function tick(mirror: Mirror, count: number): Time {
  const changed = new Set<string>();
  while (changed.size < Math.max(1, count)) changed.add(anyOf(mirror.names));
  if (count > 0)
    for (const name of changed) appendFileSync(join(mirror.places.tree, name), `{"type":"assistant"}\n`);
  return timed(() => pass(mirror, changed));
}

function newFiles(mirror: Mirror, count: number, round: number): Time {
  const changed = new Set<string>();
  for (let n = 0; n < count; n++) {
    const name = `${anyOf(mirror.names)}-${round}-${n}.json`;
    writeFileSync(join(mirror.places.tree, name), "{}\n");
    changed.add(name);
  }
  return timed(() => pass(mirror, changed));
}

function transcript(mirror: Mirror): Time[] {
  const name = "projects/-home-user-project-0/long.jsonl";
  const line = `${JSON.stringify({ text: "x".repeat(1000) })}\n`;
  writeFileSync(join(mirror.places.tree, name), line.repeat(50_000));
  pass(mirror, new Set([name]));
  return repeated(7, () => {
    appendFileSync(join(mirror.places.tree, name), line);
    pass(mirror, new Set([name]));
  });
}

function anyOf(names: readonly string[]): string {
  return names[Math.floor(Math.random() * names.length)] ?? "";
}

function repeated(times: number, body: () => void): Time[] {
  return Array.from({ length: times }, () => timed(body));
}

function timed(body: () => void): Time {
  const cpu = process.cpuUsage();
  const start = performance.now();
  body();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1000 };
}

function text(times: readonly Time[]): string {
  return `${median(times.map(({ wall }) => wall)).toFixed(1)} (${median(times.map(({ cpu }) => cpu)).toFixed(1)})`;
}

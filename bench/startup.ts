import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { instructionsOf } from "./instructions.ts";
import { type Case, measure, median, quantile, runOnce } from "./measure.ts";
import { makePrograms, type Programs } from "./programs.ts";
import { replaceFile } from "./replace-file.ts";
import { claudeJson, credentials, makeUser, type Size, USUAL, type User } from "./user.ts";
import { floorLatencies, keyLatencies, startWaiting, tokenLatencies, watchIdle } from "./waiting.ts";

/**
 * `bun run bench [--rounds N] [--docs]`: what a shim costs, beside floors that are measured in the same run. Prints Markdown, keeps
 * it with the figures in bench/results/, and with `--docs` puts it into docs/performance.md. Nothing is judged here:
 * the tests hold counts, which can't be noisy.
 */
const rounds = Number(option("--rounds") ?? 31);
const root = mkdtempSync(join(tmpdir(), "clauth-bench-programs-"));
try {
  const programs = await makePrograms(root);
  const sections = [
    machine(),
    starts(programs),
    instructions(programs),
    verbs(programs),
    sizes(programs),
    concurrent(programs),
    coldCache(programs),
    await besideClaude(programs),
    await carrying(programs),
    await ends(programs),
    weight(programs),
  ];
  keep(sections.filter((section) => section !== undefined));
} finally {
  rmSync(root, { recursive: true, force: true });
}

type Section = { readonly title: string; readonly text: string; readonly figures: unknown };
type Row = readonly (string | number)[];

function machine(): Section {
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

/** A direct start and what others put before it. "adds" is the median over that of the direct start. */
function starts(programs: Programs): Section {
  const empty = "empty compiled Bun program, alone";
  const user = makeUser(USUAL);
  const neighbour = makeUser(USUAL);
  const call = callOf(programs, user);
  const cold = () => rmSync(user.runtime, { recursive: true, force: true });
  const cases = [
    call("direct", [programs.claude]),
    call("`exec` in a `sh` script", [programs.shell]),
    call(empty, [programs.empty]),
    call("Bun program that only becomes claude", [programs.become]),
    call("**bypass** (`CLAUTH_BYPASS=1`)", [programs.shim], { CLAUTH_BYPASS: "1" }),
    call("**passthrough** (no profile applies)", [programs.shim]),
    call("Bun program that only waits beside claude", [programs.wait]),
    call("**managed**, warm tree", [programs.shim], { CLAUTH_PROFILE: "work" }),
    { ...call("**managed**, no tree yet", [programs.shim], { CLAUTH_PROFILE: "work" }), before: cold },
    ...peers(programs, neighbour),
  ];
  const samples = measure(cases, rounds);
  user.close();
  neighbour.close();
  const of = (name: string) => median(samples.get(name)?.wall ?? []);
  const cpuOf = (name: string) => median(samples.get(name)?.cpu ?? []);
  const rows = cases.map(({ name }) => [
    name,
    of(name),
    quantile(samples.get(name)?.wall ?? [], 0.1),
    quantile(samples.get(name)?.wall ?? [], 0.9),
    cpuOf(name),
    of(name) - of("direct"),
    ratio(of(name) - of("direct"), of(empty)),
    ratio(cpuOf(name) - cpuOf("direct"), cpuOf(empty)),
  ]);
  const head = ["ms", "median", "p10", "p90", "CPU", "adds", "adds ÷ empty", "CPU adds ÷ empty"];
  return section("Starts", head, rows, samples);
}

function instructions(programs: Programs): Section | undefined {
  const user = makeUser(USUAL);
  const call = callOf(programs, user);
  const empty = call("empty compiled Bun program, to its end", [programs.empty]);
  const managed = call("**managed**, warm tree", [programs.shim], { CLAUTH_PROFILE: "work" });
  const cases = [
    empty,
    call("Bun program that only becomes claude", [programs.become]),
    call("**bypass**", [programs.shim], { CLAUTH_BYPASS: "1" }),
    call("**passthrough**", [programs.shim]),
    managed,
  ];
  runOnce(managed);
  const counts = cases.map((one) => ({ name: one.name, count: instructionsOf(one) ?? Number.NaN }));
  user.close();
  const floor = counts[0]?.count ?? Number.NaN;
  if (Number.isNaN(floor)) return undefined;
  const rows = counts.map(({ name, count }) => [name, count / 1e6, ratio(count, floor)]);
  return section("Instructions until claude is started", ["millions", "", "÷ empty"], rows, counts);
}

/**
 * Others that start claude under a profile, where they are on PATH and succeed with a user of their own: `ccs` (npm's
 * @kaitranntt/ccs), `clauth-rs` (the Rust clauth, under another name than ours). The trial is their first start, which makes what
 * later ones find.
 */
function peers(programs: Programs, user: User): Case[] {
  const settings = join(user.home, ".ccs", "work.settings.json");
  mkdirSync(dirname(settings));
  writeFileSync(settings, JSON.stringify({ env: { ANTHROPIC_BASE_URL: "http://localhost:1" } }));
  const config = JSON.stringify({ profiles: { work: settings } });
  writeFileSync(join(dirname(settings), "config.json"), config);
  const call = callOf(programs, user);
  const all = [
    call("`ccs`, managed", ["ccs", "work"]),
    call("the Rust clauth, managed", ["clauth-rs", "start", "work"]),
  ];
  return all.flatMap(({ argv: [name = "", ...args], ...rest }) => {
    const program = Bun.which(name);
    const one = { ...rest, argv: [program ?? name, ...args] };
    return program !== null && succeeds(one) ? [one] : [];
  });
}

function succeeds(one: Case): boolean {
  try {
    runOnce(one);
    return true;
  } catch {
    return false;
  }
}

/** What people type, and what a prompt and a status line ask for all the time. */
function verbs(programs: Programs): Section {
  const empty = "empty compiled Bun program";
  const user = makeUser(USUAL);
  const call = callOf(programs, user);
  const verb = (words: string) =>
    call(`\`clauth ${words}\``, [programs.clauth, ...words.split(" ")], { CLAUTH_PROFILE: "work" });
  const words = ["current", "statusline", "--version", "which", "list", "sessions", "backups", "rule list"];
  const cases = [call(empty, [programs.empty]), ...words.map(verb)];
  const samples = measure(cases, rounds);
  user.close();
  const of = (name: string) => median(samples.get(name)?.wall ?? []);
  const rows = cases.map(({ name }) => [
    name,
    of(name),
    quantile(samples.get(name)?.wall ?? [], 0.1),
    of(name) - of(empty),
  ]);
  return section("`clauth`", ["ms", "median", "p10", "over the empty program"], rows, samples);
}

/** The same start with more in `~/.claude` and in `.claude.json`. */
function sizes(programs: Programs): Section {
  const given: readonly [string, Size][] = [
    ["10 entries in `~/.claude`", { ...USUAL, entries: 10 }],
    ["60 entries", USUAL],
    ["600 entries", { ...USUAL, entries: 600 }],
    ["60 entries, 10,000 files below", { ...USUAL, files: 10_000 }],
    ["60 entries, 100,000 files below", { ...USUAL, files: 100_000 }],
    ["60 entries, `.claude.json` of 1 MB", { ...USUAL, projects: 500 }],
  ];
  const users = given.map(([name, size]) => ({ name, user: makeUser(size) }));
  const cases = users.map(({ name, user }) =>
    callOf(programs, user)(name, [programs.shim], { CLAUTH_PROFILE: "work" }),
  );
  const samples = measure(cases, rounds);
  for (const { user } of users) user.close();
  const usual = median(samples.get("60 entries")?.wall ?? []);
  const rows = cases.map(({ name }) => {
    const value = median(samples.get(name)?.wall ?? []);
    return [name, value, ratio(value, usual)];
  });
  return section("Managed, warm, by size", ["ms", "median", "÷ 60 entries"], rows, samples);
}

/** Eight starts at once: until the last has ended, for each. */
function concurrent(programs: Programs): Section {
  const user = makeUser(USUAL);
  const eight = (name: string, argv: string, env: Readonly<Record<string, string>> = {}): Case => ({
    ...callOf(programs, user)(name, []),
    argv: ["/bin/sh", "-c", `for i in 1 2 3 4 5 6 7 8; do ${argv} & done; wait`],
    env: user.env(dirname(programs.claude), { REAL_CLAUDE: programs.claude, ...env }),
  });
  const cases = [
    eight("direct", programs.claude),
    eight("empty compiled Bun program", programs.empty),
    eight("**passthrough**", programs.shim),
    eight("**managed**, one profile", programs.shim, { CLAUTH_PROFILE: "work" }),
  ];
  const samples = measure(cases, Math.ceil(rounds / 2));
  user.close();
  const rows = cases.map(({ name }) => [name, median(samples.get(name)?.wall ?? []) / 8]);
  return section("Eight at once", ["ms for each", "median"], rows, samples);
}

/** With nothing of the programs in memory; needs root. */
function coldCache(programs: Programs): Section | undefined {
  const drop = () => {
    Bun.spawnSync(["sync"]);
    writeFileSync("/proc/sys/vm/drop_caches", "3");
  };
  try {
    drop();
  } catch {
    return undefined;
  }
  const user = makeUser(USUAL);
  const call = callOf(programs, user);
  runOnce(call("warm up", [programs.shim], { CLAUTH_PROFILE: "work" }));
  const cases = [
    call("direct", [programs.claude]),
    call("empty compiled Bun program", [programs.empty]),
    call("**passthrough**", [programs.shim]),
    call("**managed**", [programs.shim], { CLAUTH_PROFILE: "work" }),
  ];
  const samples = measure(
    cases.map((one) => ({ ...one, before: drop })),
    7,
  );
  user.close();
  const rows = cases.map(({ name }) => [name, median(samples.get(name)?.wall ?? [])]);
  return section("Cold page cache (7 rounds)", ["ms", "median"], rows, samples);
}

/** Nothing happens: what waiting costs. */
async function besideClaude(programs: Programs): Promise<Section> {
  const user = makeUser(USUAL);
  const waits = [
    { name: "Bun program that only waits", parent: programs.wait, env: {} },
    { name: "**shim**, the profile's first session", parent: programs.shim, env: { CLAUTH_PROFILE: "work" } },
    { name: "**shim**, its second session", parent: programs.shim, env: { CLAUTH_PROFILE: "work" } },
  ].map(({ name, parent, env }) => ({ name, waiting: startWaiting(programs, parent, user, env) }));
  // Until the watches are armed and the first pass is over.
  await Bun.sleep(2000);
  const idle = await watchIdle(
    waits.map(({ waiting }) => waiting.pid),
    15,
  );
  for (const { waiting } of waits) await waiting.end();
  user.close();
  const rows = waits.map(({ name }, index) => [
    name,
    idle[index]?.cpuMsPerSecond ?? Number.NaN,
    idle[index]?.wakeUpsPerSecond ?? Number.NaN,
    idle[index]?.residentMb ?? Number.NaN,
    idle[index]?.privateMb ?? Number.NaN,
  ]);
  return section(
    "Waiting for 15 s",
    ["", "CPU ms/s", "wake-ups/s", "RSS MB", "private dirty MB"],
    rows,
    idle,
  );
}

/** From a rename in the tree until the other side has it. */
async function carrying(programs: Programs): Promise<Section> {
  const user = makeUser(USUAL);
  const session = startWaiting(programs, programs.shim, user, { CLAUTH_PROFILE: "work" });
  await Bun.sleep(2000);
  const figures = {
    "bare watcher that copies one file": await floorLatencies(programs.watch, rounds),
    "the same, and syncs file and directory": await floorLatencies(programs.watchSafely, rounds),
    "**rotated token** to canonical credentials": await tokenLatencies(user, rounds),
    "**key** of the tree's `.claude.json` to `~/.claude.json`": await keyLatencies(
      user,
      Math.ceil(rounds / 2),
    ),
  };
  await session.end();
  user.close();
  const rows = Object.entries(figures).map(([name, values]) => [
    name,
    median(values),
    quantile(values, 0.99),
  ]);
  return section("Carrying a change while claude runs", ["ms", "median", "p99"], rows, figures);
}

/** From claude's end to its parent's. */
async function ends(programs: Programs): Promise<Section> {
  const user = makeUser(USUAL);
  const large = makeUser({ ...USUAL, projects: 500 });
  const figures: Record<string, number[]> = {};
  const time = async (
    name: string,
    parent: string,
    of: User,
    env: Record<string, string>,
    change = () => {},
  ) => {
    const waiting = startWaiting(programs, parent, of, env);
    change();
    const values = figures[name] ?? [];
    figures[name] = [...values, await waiting.end()];
  };
  const managed = { CLAUTH_PROFILE: "work" };
  for (let round = 0; round < rounds; round++) {
    await time("Bun program that only waits", programs.wait, user, {});
    await time("**shim**, nothing changed", programs.shim, user, managed);
    await time("**shim**, a token was rotated", programs.shim, user, managed, () =>
      replaceFile(join(user.runtime, ".credentials.json"), credentials(Date.now())),
    );
    if (round % 3 > 0) continue;
    await time("**shim**, all changed, `.claude.json` of 1 MB", programs.shim, large, managed, () => {
      replaceFile(join(large.runtime, ".credentials.json"), credentials(Date.now()));
      replaceFile(join(large.runtime, ".claude.json"), claudeJson(500, { round }));
      replaceFile(join(large.runtime, "settings.json"), JSON.stringify({ theme: `theme-${round}` }));
    });
  }
  user.close();
  large.close();
  const rows = Object.entries(figures).map(([name, values]) => [name, median(values), quantile(values, 0.9)]);
  return section("From claude's end to ours", ["ms", "median", "p90"], rows, figures);
}

function weight(programs: Programs): Section {
  const rows = [
    ["empty compiled Bun program", megabytes(programs.empty)],
    ["**the shim**, one file for both names", megabytes(programs.shim)],
  ];
  return section("Size", ["", "MB"], rows, rows);
}

type Call = (name: string, argv: readonly string[], env?: Readonly<Record<string, string>>) => Case;

function callOf(programs: Programs, user: User): Call {
  return (name, argv, env = {}) => ({
    name,
    argv,
    cwd: user.project,
    env: user.env(dirname(programs.claude), { REAL_CLAUDE: programs.claude, ...env }),
  });
}

function section(title: string, head: readonly string[], rows: readonly Row[], figures: unknown): Section {
  const line = (cells: Row) => `| ${cells.map(shown).join(" | ")} |`;
  const rule = head.map((_, index) => (index === 0 ? "---" : "---:"));
  const text = [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
  return { title, text, figures: figures instanceof Map ? Object.fromEntries(figures) : figures };
}

function shown(cell: string | number): string {
  return typeof cell === "number" ? cell.toFixed(2) : cell;
}

function ratio(value: number, floor: number): string {
  return `${(value / floor).toFixed(2)} ×`;
}

function megabytes(path: string): number {
  return statSync(path).size / 1_000_000;
}

function keep(sections: readonly Section[]): void {
  const markdown = sections.map(({ title, text }) => `### ${title}\n\n${text}\n`).join("\n");
  const results = join(import.meta.dir, "results");
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${stamp}.md`), markdown);
  writeFileSync(join(results, `${stamp}.json`), JSON.stringify(sections, null, 2));
  if (process.argv.includes("--docs")) intoDocs(markdown);
  console.log(markdown);
}

/** Everything after the line that says so is made anew, and laid out as `bun run lint` wants it. */
function intoDocs(markdown: string): void {
  const path = join(import.meta.dir, "..", "docs", "performance.md");
  const text = readFileSync(path, "utf8");
  const mark = "<!-- What follows is written by `bun run bench --docs`. -->\n";
  writeFileSync(path, `${text.slice(0, text.indexOf(mark) + mark.length)}\n${markdown}`);
  Bun.spawnSync([process.execPath, "x", "biome", "format", "--write", path]);
}

function option(name: string): string | undefined {
  const index = process.argv.indexOf(name);
  return index === -1 ? undefined : process.argv[index + 1];
}

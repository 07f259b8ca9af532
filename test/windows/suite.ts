import { readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { NOT_HERE } from "./not-here.ts";

/**
 * Runs the tests that hold on Windows too, with the Bun for Windows: `bun.exe test/windows/suite.ts [FILE...]`. Each file has a
 * process of its own, and copies in the place of links, which Wine has none of. What `not-here.ts` names must fail, so that the list says no more than what is so.
 */
const PORTABLE = [
  "config",
  "disk",
  "doctor/check-windows.test.ts",
  "environment",
  "keychain/claude-item.test.ts",
  "lock",
  "merge",
  "mirror",
  "profile",
  "reconcile",
  "run/launch.test.ts",
  "selection",
  "session",
  "tree",
  "windows",
  "identity-keys.test.ts",
  "own-executable.test.ts",
  "profile-name.test.ts",
  "quarantine.test.ts",
  "recursion.test.ts",
  "utf8.test.ts",
] as const;

/** Files below these that are left out as a whole. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  // Of process times and descriptors as /proc has them.
  "session/daemon.test.ts",
  "session/run.test.ts",
  // Of a tree that is made of symbolic links.
  "disk/links.test.ts",
  "session/mode-change.test.ts",
  "session/shared-chain.test.ts",
  "tree/apply.test.ts",
  "tree/hard-places.test.ts",
  "tree/link-mode.test.ts",
  "tree/put-link.test.ts",
  // Of macOS, of owners and modes, and of programs of Unix; `windows/` has the like for Windows.
  "disk/tighten-store.test.ts",
  "reconcile/keychain-login.test.ts",
  "session/keychain.test.ts",
  "real-claude.test.ts",
  // By faults, kills and counts that are made for Unix, or by watches that Wine has none of.
  "mirror/crash.test.ts",
  "mirror/growing-files.test.ts",
  "mirror/hard-places.test.ts",
  "mirror/nothing-is-lost.test.ts",
  "mirror/watch-mirror.test.ts",
  "session/faults.test.ts",
  // A minute of pure decisions, the same everywhere.
  "reconcile/interleavings.test.ts",
  "reconcile/login-interleavings.test.ts",
]);

const TESTS = join(import.meta.dir, "..");
const FILE_LIMIT_MS = 240_000;

type Result = { readonly name: string; readonly outcome: "pass" | "fail" | "skip" };
type FileResult = { readonly file: string; readonly results: readonly Result[]; readonly output: string };

const asked = process.argv.slice(2);
const queue = asked.length > 0 ? [...asked] : PORTABLE.flatMap(filesBelow);
const problems: string[] = [];
const counts = { pass: 0, fail: 0, "not here": 0 };
await Promise.all(Array.from({ length: availableParallelism() }, work));
for (const problem of problems.sort()) console.log(problem);
console.log(`\n ${counts["not here"]} can't pass here, see test/windows/not-here.ts`);
console.log(` ${counts.pass} pass\n ${counts.fail} fail`);
process.exit(counts.fail === 0 ? 0 : 1);

function filesBelow(place: string): string[] {
  if (place.endsWith(".ts")) return [place];
  const names = readdirSync(join(TESTS, place)).filter((name) => name.endsWith(".test.ts"));
  return names.map((name) => `${place}/${name}`).filter((file) => !LEFT_OUT.has(file));
}

async function work(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) judge(await run(file));
}

async function run(file: string): Promise<FileResult> {
  // Not by a pipe: a program that a test left behind would keep it open.
  const said = join(tmpdir(), `${file.replaceAll("/", "+")}.txt`);
  rmSync(said, { force: true });
  const child = Bun.spawn([process.execPath, "test", "--timeout", "60000", `./test/${file}`], {
    cwd: join(TESTS, ".."),
    env: { ...process.env, CLAUTH_LINK_MODE: "copy" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(said),
    timeout: FILE_LIMIT_MS,
  });
  const code = await child.exited;
  const output = readFileSync(said, "utf8");
  const results = [...output.matchAll(/^\((pass|fail|skip|todo)\) (.*?)(?: \[[\d.]+ms\])?\r?$/gm)].map(
    ([, outcome, name = ""]): Result => ({
      name,
      outcome: outcome === "pass" || outcome === "fail" ? outcome : "skip",
    }),
  );
  const unexplained = code !== 0 && !results.some(({ outcome }) => outcome === "fail");
  return {
    file,
    output,
    results: unexplained ? [...results, { name: `ended with ${code}`, outcome: "fail" }] : results,
  };
}

function judge({ file, results, output }: FileResult): void {
  let failed = false;
  console.log(`${file}: ${results.length}`);
  // The failures are told once more at the end.
  for (const { name, outcome } of new Map(results.map((result) => [result.name, result])).values()) {
    if (outcome === "skip") continue;
    const isListed = NOT_HERE.some(({ tests }) => tests[file]?.some((pattern) => matches(name, pattern)));
    if (isListed && outcome === "fail") counts["not here"] += 1;
    else if (isListed) fail(`listed in not-here.ts, and passes: ${file}: ${name}`);
    else if (outcome === "pass") counts.pass += 1;
    else {
      failed = true;
      fail(`(fail) ${file}: ${name}`);
    }
  }
  // Marked, because who reads the last lines adds up every " 12 pass" that begins one.
  if (failed) console.log(output.replace(/^/gm, "| "));
}

function fail(problem: string): void {
  counts.fail += 1;
  problems.push(problem);
}

/** A pattern is a test's name, or its beginning with `*`. */
function matches(name: string, pattern: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

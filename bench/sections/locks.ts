import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, quantile } from "../measure.ts";
import { readWatched } from "../read-watched.ts";
import { type Bench, type Section, section } from "../section.ts";
import type { Hold } from "../stopwatch.ts";
import { makeUser, USUAL, type User } from "../user.ts";
import { keyLatencies, startWaiting, tokenLatencies } from "../waiting.ts";

/** How long Claude's locks are ours, over some hundred merges beside a claude that writes all the time. */
export async function locks(bench: Bench): Promise<Section> {
  const usual = await holdsOf(bench, USUAL.projects, async (user) => {
    await keyLatencies(user, { rounds: bench.rounds * 5, gapMs: 50 });
    await tokenLatencies(user, { rounds: bench.rounds * 5 });
  });
  const large = await holdsOf(bench, 500, (user) =>
    keyLatencies(user, { rounds: bench.rounds, projects: 500, gapMs: 50 }),
  );
  const figures = new Map([
    ["`.claude.json`", usual.filter(({ lock }) => lock === ".claude.json.lock")],
    ["`.claude.json` of 1 MB", large.filter(({ lock }) => lock === ".claude.json.lock")],
    ["a rotated token", usual.filter(({ lock }) => lock === ".storage-write.lock")],
  ]);
  const rows = [...figures].map(([name, holds]) => {
    const held = holds.map((hold) => hold.held);
    const merges = holds.map((hold) => hold.merge);
    return [
      name,
      String(holds.length),
      ...[0.5, 0.9, 0.99, 1].map((share) => quantile(held, share)),
      median(merges),
      quantile(merges, 0.99),
    ];
  });
  const head = ["ms", "merges", "held: median", "p90", "p99", "max", "the merge: median", "p99"];
  return section("How long Claude's locks are held", head, rows, figures);
}

async function holdsOf(
  { programs }: Bench,
  projects: number,
  write: (user: User) => Promise<unknown>,
): Promise<readonly Hold[]> {
  const user = makeUser({ ...USUAL, projects });
  const directory = mkdtempSync(join(tmpdir(), "clauth-bench-stopwatch-"));
  const file = join(directory, "watched");
  const session = startWaiting(programs, programs.stopwatch, user, {
    CLAUTH_PROFILE: "work",
    STOPWATCH: file,
  });
  await Bun.sleep(2000);
  await write(user);
  await session.end();
  user.close();
  const holds = readWatched(file).flatMap((watched) => watched.holds);
  rmSync(directory, { recursive: true });
  return holds;
}

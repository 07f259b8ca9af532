import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../measure.ts";
import { readWatched } from "../read-watched.ts";
import { type Bench, type Section, section } from "../section.ts";
import type { Kind } from "../stopwatch.ts";
import { makeUser, USUAL } from "../user.ts";
import { changeEverything, startWaiting } from "../waiting.ts";

const KINDS: Readonly<Record<Kind, string>> = {
  parsing: "bytes to text and values",
  serialising: "values to text and bytes",
  files: "files: looked at, read, written, renamed",
  syncing: "synced to the disk",
  waiting: "waited for locks",
};

/** What the end is made of where all changed and `.claude.json` has 1 MB and 500 projects. */
export async function lastPass({ programs, rounds }: Bench): Promise<Section> {
  const user = makeUser({ ...USUAL, projects: 500 });
  const directory = mkdtempSync(join(tmpdir(), "clauth-bench-stopwatch-"));
  const file = join(directory, "watched");
  const whole: number[] = [];
  for (let round = 0; round < Math.ceil(rounds / 3); round++) {
    const session = startWaiting(programs, programs.stopwatch, user, {
      CLAUTH_PROFILE: "work",
      STOPWATCH: file,
    });
    changeEverything(user, round);
    whole.push(await session.end());
  }
  user.close();
  const watched = readWatched(file);
  rmSync(directory, { recursive: true });
  const total = median(watched.map((one) => one.total));
  const parts = Object.entries(KINDS).map(([kind, name]): [string, number] => [
    name,
    median(watched.map(({ kinds }) => Object.entries(kinds).find(([of]) => of === kind)?.[1] ?? 0)),
  ]);
  const known = parts.reduce((sum, [, ms]) => sum + ms, 0);
  const rows = [
    ["from claude's end to ours", median(whole)],
    ["of these in our code", total],
    ...parts.map(([name, ms]) => [`· ${name}`, ms]),
    ["· merged, compared, and all other code", total - known],
  ];
  return section("What an end with 1 MB is made of", ["ms", "median"], rows, watched);
}

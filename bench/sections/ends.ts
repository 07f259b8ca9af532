import { join } from "node:path";
import { median, quantile, shuffled } from "../measure.ts";
import { replaceFile } from "../replace-file.ts";
import { type Bench, ratio, type Section, section } from "../section.ts";
import { claudeJson, credentials, makeUser, USUAL, type User } from "../user.ts";
import { changeEverything, startWaiting } from "../waiting.ts";

type Ending = {
  readonly name: string;
  readonly parent: string;
  readonly user: User;
  /** How long claude runs, in milliseconds: 30 are less than any start of it takes, and a shim begins to watch after 250. */
  readonly runs?: number;
  /** Every how many rounds it is measured, where that is not each one. */
  readonly every?: number;
  readonly whileItRuns?: (round: number) => void;
};

const BARE = "Bun program that only waits";
const WATCHES = "**shim** that watches, nothing changed";

/** From claude's end to its parent's. */
export async function ends({ programs, rounds }: Bench): Promise<Section> {
  const user = makeUser(USUAL);
  // Where the sessions before changed something, one at whose end nothing did has to note that the tree is at rest.
  const resting = makeUser(USUAL);
  const large = makeUser({ ...USUAL, projects: 500 });
  const { wait, waitAndWatch, shim } = programs;
  const endings: readonly Ending[] = [
    { name: BARE, parent: wait, user },
    { name: "**shim**, nothing changed", parent: shim, user: resting },
    {
      name: "Bun program that waits and watches a directory",
      parent: waitAndWatch,
      user,
      runs: 600,
      every: 2,
    },
    { name: WATCHES, parent: shim, user: resting, runs: 600, every: 2 },
    {
      name: "**shim**, a token was rotated",
      parent: shim,
      user,
      whileItRuns: () => replaceFile(join(user.runtime, ".credentials.json"), credentials(Date.now())),
    },
    {
      name: "**shim**, a key was carried while claude ran",
      parent: shim,
      user,
      runs: 600,
      every: 2,
      whileItRuns: (round) =>
        replaceFile(join(user.runtime, ".claude.json"), claudeJson(USUAL.projects, { round })),
    },
    {
      name: "**shim**, all changed, `.claude.json` of 1 MB",
      parent: shim,
      user: large,
      every: 3,
      whileItRuns: (round) => changeEverything(large, round),
    },
  ];
  const figures = new Map(endings.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const ending of shuffled(endings)) {
      if (round % (ending.every ?? 1) === 0) figures.get(ending.name)?.push(await endOf(ending, round));
    }
  }
  user.close();
  resting.close();
  large.close();
  return {
    ...section("From claude's end to ours", ["ms", "median", "p90", "÷ waits"], rows(figures), figures),
    headlines: [["from claude's end to the prompt", median(figures.get(WATCHES) ?? [])]],
  };

  async function endOf({ parent, user: of, runs = 30, whileItRuns }: Ending, round: number): Promise<number> {
    // What the one before left to the file system's journal would be waited for by this one.
    Bun.spawnSync(["sync"]);
    const waiting = startWaiting(programs, parent, of, parent === shim ? { CLAUTH_PROFILE: "work" } : {});
    whileItRuns?.(round);
    await Bun.sleep(runs);
    return waiting.end();
  }
}

function rows(figures: ReadonlyMap<string, readonly number[]>) {
  const floor = median(figures.get(BARE) ?? []);
  return [...figures].map(([name, values]) => [
    name,
    median(values),
    quantile(values, 0.9),
    ratio(median(values), floor),
  ]);
}

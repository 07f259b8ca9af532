import { cpus } from "node:os";
import { join } from "node:path";
import { median, quantile } from "../measure.ts";
import { type Bench, ratio, type Section, section } from "../section.ts";
import { addSibling, makeUser, USUAL } from "../user.ts";
import { floorLatencies, keyLatencies, startWaiting, tokenLatencies } from "../waiting.ts";

const FLOOR = "bare watcher that copies one file";
const SYNCED_FLOOR = "the same, and syncs file and directory";
const TOKEN = "**rotated token** to canonical credentials";
/** What a key waits for on purpose: Claude Code writes in bursts. */
const DEBOUNCE_MS = 50;

type Latencies = ReadonlyMap<string, readonly number[]>;

/** From a rename in a tree until the other side has it: while nothing else runs, and while every processor is busy. */
export async function carrying(bench: Bench): Promise<Section> {
  const idle = await latencies(bench);
  const load = cpus().map(() => Bun.spawn(["/bin/sh", "-c", "while :; do :; done"]));
  const busy = await latencies(bench);
  for (const one of load) one.kill();
  const rows = [...idle].map(([name, values]) => [
    name,
    median(values),
    quantile(values, 0.99),
    ...overFloor(idle, name),
    median(busy.get(name) ?? []),
    quantile(busy.get(name) ?? [], 0.99),
    ...overFloor(busy, name),
  ]);
  const head = ["ms", "median", "p99", "÷ floor", "busy: median", "p99", "÷ floor"];
  const figures = { idle: [...idle], busy: [...busy] };
  const token = median(idle.get(TOKEN) ?? []);
  return {
    ...section("Carrying a change while claude runs", head, rows, figures),
    headlines: [["until a refreshed token is in its place on the disk", token]],
  };
}

/** A token by the floor that syncs as it has to be, a key by the other one and less what it waits on purpose, once for each hop. */
function overFloor(figures: Latencies, name: string): readonly string[] {
  const of = (one: string) => median(figures.get(one) ?? []);
  if (name.includes("token")) return [ratio(of(name), of(SYNCED_FLOOR))];
  const hops = name.includes("sibling") ? 2 : 1;
  return [
    name.includes("key") ? ratio(of(name) - hops * DEBOUNCE_MS, of(FLOOR)) : ratio(of(name), of(FLOOR)),
  ];
}

async function latencies({ programs, rounds }: Bench): Promise<Latencies> {
  const user = makeUser(USUAL);
  const sibling = addSibling(user);
  const sessions = [
    startWaiting(programs, programs.shim, user, { CLAUTH_PROFILE: "work" }),
    startWaiting(programs, programs.shim, user, { CLAUTH_PROFILE: "play" }),
  ];
  await Bun.sleep(2000);
  const some = Math.ceil(rounds / 2);
  const figures = new Map([
    [FLOOR, await floorLatencies(programs.watch, rounds)],
    [SYNCED_FLOOR, await floorLatencies(programs.watchSafely, rounds)],
    [TOKEN, await tokenLatencies(user, { rounds })],
    ["**key** of the tree's `.claude.json` to `~/.claude.json`", await keyLatencies(user, { rounds: some })],
    [
      "**key** to a sibling's tree, by two shims",
      await keyLatencies(user, { rounds: some, arrivesIn: join(sibling.runtime, ".claude.json") }),
    ],
  ]);
  for (const session of sessions) await session.end();
  user.close();
  return figures;
}

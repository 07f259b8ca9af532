import { cpus } from "node:os";
import { join } from "node:path";
import { median, quantile, shuffled } from "../measure.ts";
import { type Bench, type Row, ratio, type Section, section } from "../section.ts";
import { addSibling, claudeJson, credentials, makeUser, USUAL } from "../user.ts";
import { keyLatencies, startRelay, startWaiting, tokenLatencies } from "../waiting.ts";

/** What a key waits for on purpose, once however far it goes: Claude Code writes in bursts. */
const DEBOUNCE_MS = 50;

const SYNCS = ", synced";

/** What is carried, the file that goes that way, and how many watchers have to stand in its way. */
const CARRIED = [
  {
    name: "**rotated token** to canonical credentials",
    floor: "bare watcher that copies a login",
    watchers: 1,
    waitsMs: 0,
  },
  {
    name: "**key** of the tree's `.claude.json` to `~/.claude.json`",
    floor: "bare watcher that copies `.claude.json`",
    watchers: 1,
    waitsMs: DEBOUNCE_MS,
  },
  {
    name: "**key** to a sibling's tree, by two shims",
    floor: "two in a row, that copy `.claude.json`",
    watchers: 2,
    waitsMs: DEBOUNCE_MS,
  },
] as const;

type Latencies = ReadonlyMap<string, number[]>;

/** From a rename in a tree until the other side has it: while nothing else runs, and while every processor is busy. */
export async function carrying(bench: Bench): Promise<Section> {
  const idle = await latencies(bench);
  const load = cpus().map(() => Bun.spawn(["/bin/sh", "-c", "while :; do :; done"]));
  const busy = await latencies(bench);
  for (const one of load) one.kill();
  const rows = [...idle.keys()].map((name) => [name, ...figuresOf(idle, name), ...figuresOf(busy, name)]);
  const columns = ["median", "p99", "÷ floor", "÷ floor that syncs"];
  const head = [
    "ms",
    ...columns,
    ...columns.map((column, index) => (index === 0 ? `busy: ${column}` : column)),
  ];
  const token = median(idle.get(CARRIED[0].name) ?? []);
  return {
    ...section("Carrying a change while claude runs", head, rows, { idle: [...idle], busy: [...busy] }),
    headlines: [["until a refreshed token is in its place on the disk", token]],
  };
}

function figuresOf(figures: Latencies, name: string): Row {
  const of = (one: string) => figures.get(one) ?? [];
  const { floor = name.replace(SYNCS, ""), waitsMs = 0 } = CARRIED.find((one) => one.name === name) ?? {};
  const beyond = median(of(name)) - waitsMs;
  return [
    median(of(name)),
    quantile(of(name), 0.99),
    ratio(beyond, median(of(floor))),
    ratio(beyond, median(of(`${floor}${SYNCS}`))),
  ];
}

/** Interleaved: each round one of all, in a new order. */
async function latencies({ programs, rounds }: Bench): Promise<Latencies> {
  const user = makeUser(USUAL);
  const sibling = addSibling(user);
  const sessions = ["work", "play"].map((profile) =>
    startWaiting(programs, programs.shim, user, { CLAUTH_PROFILE: profile }),
  );
  await Bun.sleep(2000);
  const ways = new Map<string, (round: number) => Promise<readonly number[]> | number>();
  const relays = [];
  for (const { floor, watchers, name } of CARRIED) {
    const text = (round: number) =>
      name.includes("token")
        ? credentials(round)
        : claudeJson(USUAL.projects, { lastSeen: `floor-${round}` });
    for (const [kind, program] of [
      ["", programs.watch],
      [SYNCS, programs.watchSafely],
    ] as const) {
      const relay = await startRelay(Array.from({ length: watchers }, () => program));
      relays.push(relay);
      ways.set(`${floor}${kind}`, (round) => relay.carry(text(round)));
    }
  }
  const [token, key, farKey] = CARRIED.map(({ name }) => name);
  const inSibling = join(sibling.runtime, ".claude.json");
  ways.set(token ?? "", () => tokenLatencies(user, { rounds: 1 }));
  ways.set(key ?? "", () => keyLatencies(user, { rounds: 1 }));
  ways.set(farKey ?? "", () => keyLatencies(user, { rounds: 1, arrivesIn: inSibling }));
  const figures = new Map([...ways.keys()].map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, carry] of shuffled([...ways])) {
      const values = [await carry(round)].flat();
      if (round >= 0) figures.get(name)?.push(...values);
      await Bun.sleep(20);
    }
  }
  for (const one of [...sessions, ...relays]) await one.end();
  user.close();
  return figures;
}

/** One thing to be timed: a command from its start to its end, and what has to be done before each run, untimed. */
export type Case = {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly before?: () => void;
};

/** Wall and processor time of each run, in milliseconds. */
export type Samples = { readonly wall: readonly number[]; readonly cpu: readonly number[] };

/**
 * Times the cases interleaved, each round in a new random order, so that whatever else the machine does hits all of them
 * alike. The first two rounds warm the page cache and are not counted.
 * @throws Error where a command ends with anything but 0: a figure of a failure would look fast
 */
export function measure(cases: readonly Case[], rounds: number): Map<string, Samples> {
  const samples = new Map(cases.map(({ name }) => [name, { wall: [] as number[], cpu: [] as number[] }]));
  for (let round = -2; round < rounds; round++) {
    for (const one of shuffled(cases)) {
      const { wall, cpu } = runOnce(one);
      if (round < 0) continue;
      samples.get(one.name)?.wall.push(wall);
      samples.get(one.name)?.cpu.push(cpu);
    }
  }
  return samples;
}

/** Times one command, from before it is started until it was waited for. */
export function runOnce({ name, argv, env, cwd, before }: Case): { wall: number; cpu: number } {
  before?.();
  const start = performance.now();
  const child = Bun.spawnSync([...argv], { env, cwd, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const wall = performance.now() - start;
  if (child.exitCode !== 0) throw new Error(`${name}: ${argv.join(" ")}: ${child.exitCode}: ${child.stderr}`);
  return { wall, cpu: Number(child.resourceUsage.cpuTime.total) / 1000 };
}

/** The value below which a share of the sorted values lies: 0.5 for the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** In a new random order, so that nothing always follows the same. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

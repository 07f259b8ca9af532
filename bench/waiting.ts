import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Programs } from "./programs.ts";
import { replaceFile } from "./replace-file.ts";
import { claudeJson, credentials, makeUser, USUAL, type User } from "./user.ts";

/** A program that waits beside a claude that lives until `end` is called. */
export type Waiting = { readonly pid: number; readonly end: () => Promise<number> };

/**
 * Starts a parent whose claude reads a FIFO.
 * @returns when claude runs; `end` closes the FIFO and resolves to the milliseconds until the parent was gone
 */
export function startWaiting(
  programs: Programs,
  parent: string,
  user: User,
  more: Readonly<Record<string, string>>,
): Waiting {
  const fifo = join(user.home, `fifo-${crypto.randomUUID()}`);
  Bun.spawnSync(["mkfifo", fifo]);
  const child = Bun.spawn([parent, fifo], {
    cwd: user.project,
    env: user.env(dirname(programs.waitingClaude), { REAL_CLAUDE: programs.waitingClaude, ...more }),
    stdio: ["ignore", "ignore", "inherit"],
  });
  // Opens once claude opens its end, so this waits for claude.
  const descriptor = openSync(fifo, "w");
  writeSync(descriptor, "x");
  return {
    pid: child.pid,
    end: async () => {
      const start = performance.now();
      closeSync(descriptor);
      await child.exited;
      if (child.exitCode !== 0) throw new Error(`${parent} ended with ${child.exitCode}`);
      return performance.now() - start;
    },
  };
}

/** Claude Code writes all that a session reconciles. */
export function changeEverything(user: User, round: number): void {
  replaceFile(join(user.runtime, ".credentials.json"), credentials(Date.now()));
  replaceFile(join(user.runtime, ".claude.json"), claudeJson(500, { round }));
  replaceFile(join(user.runtime, "settings.json"), JSON.stringify({ theme: `theme-${round}` }));
}

export type Idle = {
  /** Milliseconds of processor time, and voluntary context switches of all threads, for each second. */
  readonly cpuMsPerSecond: number;
  readonly wakeUpsPerSecond: number;
  /** Resident, and what of it no other process shares, in MB. */
  readonly residentMb: number;
  readonly privateMb: number;
};

/** Watches processes do nothing, together. */
export async function watchIdle(pids: readonly number[], seconds: number): Promise<Idle[]> {
  const before = pids.map(usage);
  await Bun.sleep(seconds * 1000);
  return pids.map((pid, index) => {
    const now = usage(pid);
    const then = before[index] ?? now;
    return {
      cpuMsPerSecond: (now.cpuMs - then.cpuMs) / seconds,
      wakeUpsPerSecond: (now.switches - then.switches) / seconds,
      residentMb: memory(pid, "Rss"),
      privateMb: memory(pid, "Private_Dirty"),
    };
  });
}

function usage(pid: number): { cpuMs: number; switches: number } {
  let switches = 0;
  let cpuMs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    switches += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]);
    // schedstat: nanoseconds on the processor, nanoseconds runnable, slices.
    cpuMs += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  }
  return { cpuMs, switches };
}

function memory(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
}

/** Milliseconds from a change of one file until `arrived` holds. */
export function latency(change: () => void, arrived: () => boolean): number {
  const start = performance.now();
  change();
  while (!arrived()) {
    if (performance.now() - start > 10_000) return Number.POSITIVE_INFINITY;
    // A tenth of a millisecond, which Bun.sleepSync has not.
    Atomics.wait(NOTHING, 0, 0, 0.1);
  }
  return performance.now() - start;
}

const NOTHING = new Int32Array(new SharedArrayBuffer(4));

/** A rotated token until it is canonical; each round replaces the link as Claude Code's refresh does. */
export async function tokenLatencies(user: User, { rounds }: { readonly rounds: number }): Promise<number[]> {
  const canonical = join(user.profile, "credentials.json");
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const text = credentials(Date.now() + round);
    const runtime = join(user.runtime, ".credentials.json");
    values.push(
      latency(
        () => replaceFile(runtime, text),
        () => readFileSync(canonical, "utf8") === text,
      ),
    );
    await Bun.sleep(150);
  }
  return values;
}

export type Keys = {
  readonly rounds: number;
  /** Of the document; the usual number where not given. */
  readonly projects?: number;
  /** `~/.claude.json` where not given. */
  readonly arrivesIn?: string;
  /** Until the next one; long enough for all that follows a merge where not given. */
  readonly gapMs?: number;
};

/** A key that Claude Code writes in the tree's `.claude.json`, until it stands elsewhere. */
export async function keyLatencies(user: User, keys: Keys): Promise<number[]> {
  const {
    rounds,
    projects = USUAL.projects,
    arrivesIn = join(user.home, ".claude.json"),
    gapMs = 300,
  } = keys;
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const value = crypto.randomUUID();
    const text = claudeJson(projects, { lastSeen: value });
    values.push(
      latency(
        () => replaceFile(join(user.runtime, ".claude.json"), text),
        () => readFileSync(arrivesIn, "utf8").includes(value),
      ),
    );
    await Bun.sleep(gapMs);
  }
  return values;
}

/** A file that bare Bun programs copy at each event, one from the other where there are several. */
export type Relay = {
  /** Milliseconds until a new text of it is at the end. */
  readonly carry: (text: string) => number;
  readonly end: () => Promise<void>;
};

/** The floor of all that is carried: programs of `programs.ts` that watch and copy, and find out nothing. */
export async function startRelay(watchers: readonly string[]): Promise<Relay> {
  const user = makeUser({ ...USUAL, entries: 0 });
  // A directory for each, as a tree and home are two.
  const files = Array.from({ length: watchers.length + 1 }, (_, index) => {
    mkdirSync(join(user.home, `${index}`));
    return join(user.home, `${index}`, "copied");
  });
  const children = await Promise.all(
    watchers.map((program, index) => startWatcher(program, files[index] ?? "", files[index + 1] ?? "")),
  );
  const [first = "", last = ""] = [files[0], files.at(-1)];
  return {
    carry: (text) =>
      latency(
        () => replaceFile(first, text),
        () => readIfThere(last) === text,
      ),
    end: async () => {
      for (const child of children) {
        child.kill();
        await child.exited;
      }
      user.close();
    },
  };
}

async function startWatcher(program: string, from: string, to: string): Promise<Bun.Subprocess> {
  const child = Bun.spawn([program, dirname(from), basename(from), to], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const _ of child.stdout) break;
  return child;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

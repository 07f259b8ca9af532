import nodeFs, { appendFileSync } from "node:fs";
import { basename } from "node:path";
import { testOnlyArmCheckpoints } from "../src/checkpoint.ts";
import { disk } from "../src/disk/disk.ts";

/**
 * Ours with a stopwatch in it, compiled in the same way: what claude's end costs, by kind, and how long each of Claude's locks
 * was held. One line of JSON in the file that STOPWATCH names, at the end.
 */
export type Watched = {
  /** Milliseconds since claude's end was noticed, and what of them each kind of call took. */
  readonly total: number;
  readonly kinds: Readonly<Partial<Record<Kind, number>>>;
  readonly holds: readonly Hold[];
};

export type Kind = "parsing" | "serialising" | "files" | "syncing" | "waiting";

export type Hold = {
  /** The name of the lock's directory. */
  readonly lock: string;
  /** Milliseconds for which it was there, and for which the base guard was held within: all that a merge is. */
  readonly held: number;
  readonly merge: number;
};

const kinds: Partial<Record<Kind, number>> = {};
const holds: Hold[] = [];
const taken = new Map<string, number>();
let endedAt = Number.NaN;
let isInside = false;
let guard: { readonly descriptor: number; readonly since: number } | undefined;
let merge = 0;

watch(JSON, "parse", "parsing");
watch(TextDecoder.prototype, "decode", "parsing");
watch(JSON, "stringify", "serialising");
watch(TextEncoder.prototype, "encode", "serialising");
watch(Bun, "sleepSync", "waiting");
watchTheGuard();
watchLocks();
for (const name of Object.keys(disk)) watch(disk, name, name.startsWith("sync") ? "syncing" : "files");
testOnlyArmCheckpoints((name) => {
  if (name === "child-exited") endedAt = performance.now();
});
process.on("exit", () => {
  const watched: Watched = { total: performance.now() - endedAt, kinds, holds };
  appendFileSync(process.env["STOPWATCH"] ?? "/dev/null", `${JSON.stringify(watched)}\n`);
});
await import("../src/main.ts");

/** Counts what is called from our code alone: a call within another one is part of it. */
function watch(owner: object, name: string, kind: Kind): void {
  replace(
    owner,
    name,
    (real) =>
      function (this: unknown, ...args: readonly unknown[]) {
        if (isInside) return Reflect.apply(real, this, args);
        isInside = true;
        const start = performance.now();
        try {
          return Reflect.apply(real, this, args);
        } finally {
          isInside = false;
          if (!Number.isNaN(endedAt)) kinds[kind] = (kinds[kind] ?? 0) + performance.now() - start;
        }
      },
  );
}

function watchTheGuard(): void {
  const { open, close } = disk;
  disk.open = (path, flags, mode) => {
    const descriptor = open(path, flags, mode);
    if (path.endsWith("/base/.lock")) guard = { descriptor, since: performance.now() };
    return descriptor;
  };
  disk.close = (descriptor) => {
    close(descriptor);
    if (descriptor === guard?.descriptor) merge = performance.now() - guard.since;
  };
}

/** proper-lockfile takes node:fs as it finds it. */
function watchLocks(): void {
  replace(nodeFs, "mkdirSync", (real) => (path: string, ...rest: readonly unknown[]) => {
    const made = Reflect.apply(real, nodeFs, [path, ...rest]);
    if (path.endsWith(".lock")) taken.set(path, performance.now());
    return made;
  });
  replace(nodeFs, "rmdirSync", (real) => (path: string, ...rest: readonly unknown[]) => {
    Reflect.apply(real, nodeFs, [path, ...rest]);
    const since = taken.get(path);
    if (since !== undefined) holds.push({ lock: basename(path), held: performance.now() - since, merge });
    taken.delete(path);
  });
}

function replace(owner: object, name: string, make: (real: CallableFunction) => CallableFunction): void {
  const real: unknown = Reflect.get(owner, name);
  if (typeof real === "function") Reflect.set(owner, name, make(real));
}

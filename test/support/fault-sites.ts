import { type Disk, disk, testOnlyFaults } from "../../src/disk/disk.ts";
import { systemError } from "./faults.ts";

/** A place where the code calls the disk, for one file: the call, the way to it, and the file. */
export type FaultSite = { readonly call: keyof Disk; readonly key: string };

export type Fault =
  /** The first call of the site fails, the rest of the world is well. */
  | { readonly what: "once"; readonly code: string }
  /** From the site on every call that needs room, or leave to write, fails. */
  | { readonly what: "from-here-on"; readonly code: string }
  /** The first `times` calls of the site fail. */
  | { readonly what: "times"; readonly code: string; readonly times: number }
  /** Every write of the site takes half of what it is given, one byte at least. */
  | { readonly what: "short-writes" };

/** Every site that `body` reaches, in the order of their first calls. */
export async function sitesOf(root: string, body: () => unknown): Promise<readonly FaultSite[]> {
  const sites = new Map<string, FaultSite>();
  using _ = testOnlyFaults(() =>
    wrapped((call, args, real) => {
      const key = keyOf(root, call, args);
      if (!sites.has(key)) sites.set(key, { call, key });
      return real();
    }),
  );
  await body();
  return [...sites.values()];
}

/** Runs `body` with a fault at one site. @returns whether the site was reached, and what `body` threw */
export async function withFaultAt(
  root: string,
  { key }: Pick<FaultSite, "key">,
  fault: Fault,
  body: () => unknown,
): Promise<{ readonly reached: boolean; readonly thrown: unknown }> {
  let fired = 0;
  const handler: Handler = (call, args, real) => {
    const here =
      fired > 0 && fault.what === "from-here-on"
        ? isRefused(call, fault.code)
        : keyOf(root, call, args) === key;
    if (!here || (fault.what === "once" && fired > 0)) return real();
    if (fault.what === "times" && fired >= fault.times) return real();
    fired += 1;
    if (fault.what === "short-writes") return shortWrite(args);
    if (call === "exchange") return false;
    // Linux closes a descriptor whatever close(2) answers.
    if (call === "close") real();
    throw systemError(fault.code);
  };
  const before = testOnlyFaults(() => wrapped(handler));
  try {
    await body();
    return { reached: fired > 0, thrown: undefined };
  } catch (thrown) {
    return { reached: fired > 0, thrown };
  } finally {
    before[Symbol.dispose]();
  }

  function shortWrite(args: readonly unknown[]): number {
    const [descriptor, bytes, offset, position] = args;
    if (typeof descriptor !== "number" || !(bytes instanceof Uint8Array) || typeof offset !== "number")
      throw new Error("not a write");
    const half = bytes.subarray(0, offset + Math.max(1, (bytes.length - offset) >> 1));
    return original.write(descriptor, half, offset, typeof position === "number" ? position : undefined);
  }
}

const original: Disk = { ...disk };

/** A full disk still lets go of what is there; a read-only one refuses every change. */
function isRefused(call: keyof Disk, code: string): boolean {
  return NEEDS_ROOM.has(call) || (code === "EROFS" && CHANGES.has(call));
}

const NEEDS_ROOM: ReadonlySet<keyof Disk> = new Set([
  "write",
  "symlink",
  "link",
  "makeDirectory",
  "makeNewDirectory",
  "copyNewFile",
] as const);

const CHANGES: ReadonlySet<keyof Disk> = new Set([
  "rename",
  "exchange",
  "unlink",
  "removeEmptyDirectory",
  "setTimes",
  "chmod",
  "chmodOpen",
  "truncate",
] as const);

type Handler = (call: keyof Disk, args: readonly unknown[], real: () => unknown) => unknown;

function wrapped(handler: Handler): Partial<Disk> {
  return Object.fromEntries(
    Object.entries(original).map(([name, real]) => [
      name,
      (...args: unknown[]) => handler(callNamed(name), args, () => Reflect.apply(real, undefined, args)),
    ]),
  );
}

function callNamed(name: string): keyof Disk {
  if (!isCall(name)) throw new Error(`the disk has no call ${name}`);
  return name;
}

function isCall(name: string): name is keyof Disk {
  return name in original;
}

/** The functions of `src/` on the stack, and the file with everything that differs from run to run left out. */
function keyOf(root: string, call: string, args: readonly unknown[]): string {
  const frames = (new Error().stack ?? "").split("\n").flatMap((line) => {
    const frame = /at (?:async )?(\S+) .*\/src\/([\w/-]+\.ts):(\d+)/.exec(line);
    return frame === null ? [] : [`${frame[2]}:${frame[3]}`];
  });
  const files = args
    .filter((arg) => typeof arg === "string" && arg.startsWith("/"))
    .map((arg) => masked(root, String(arg)));
  return `${call} ${frames.slice(0, 5).join(" < ")} ${files.join(" ")}`;
}

function masked(root: string, path: string): string {
  return path
    .replaceAll(root, "")
    .replace(/\/\d{8}T\d{9}Z-/g, "/TIME-")
    .replace(/clauth-\d+-[0-9a-z]+\.tmp/g, "TMP")
    .replace(/sessions\/\d+-[0-9a-z]+/g, "sessions/RECORD");
}

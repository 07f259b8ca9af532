import type { Context } from "../context.ts";
import { procText } from "../disk/proc.ts";
import { NOT_UTF8 } from "../fs/linux.ts";
import { readdirSync, readlinkSync } from "../fs.ts";
import { once } from "../libc.ts";
import { type ByteString, utf8Bytes } from "./byte-string.ts";
import { handedOver } from "./handed-over.ts";
import { SIGPIPE, SIGXFSZ } from "./signals.ts";

/**
 * What the caller handed to this process, exact to the byte and the number: Bun decodes arguments and environment as
 * UTF-8 (foreign bytes become U+FFFD) and marks every descriptor from 4 up close-on-exec (measured on Bun 1.4.5), so
 * both are read from the kernel instead.
 */
export type Inherited = {
  /** The user's arguments, without a terminating NUL. */
  readonly args: readonly ByteString[];
  /** `NAME=value` entries as the kernel has them, a NUL behind each: duplicates, odd names and bytes that are not UTF-8 included. */
  readonly environment: ByteString;
  /** Descriptors beyond 2 that the caller left open for us. */
  readonly descriptors: readonly number[];
  /** Numbers of the signals that were ignored when we were started (`nohup`, `trap ''`). */
  readonly ignoredSignals: () => readonly number[];
};

/**
 * Reads it all. Call it first: descriptors that we open later would look like the caller's. Windows hands on Unicode, which Bun
 * keeps, and has no `/proc`: what lies there is somebody's directory on the current drive.
 */
export function readInherited({
  args,
  env,
  platform,
}: Pick<Context, "args" | "env" | "platform">): Inherited {
  if (platform === "win32")
    return {
      args: args.map(utf8Bytes),
      environment: decodedEnvironment(env),
      descriptors: [],
      ignoredSignals: () => [],
    };
  return {
    args: exactArguments(args),
    environment: exactEnvironment(env),
    descriptors: handedOver() ?? callersDescriptors(),
    ignoredSignals: once(ignoredSignals),
  };
}

/**
 * An argument without U+FFFD was decoded from UTF-8 without loss. For any other the kernel's command line is asked, which also
 * holds the interpreter and the script where Bun runs us from source: ours are the last ones.
 */
function exactArguments(decoded: readonly string[]): readonly ByteString[] {
  const args: ByteString[] = [];
  let isExact = true;
  for (const arg of decoded) {
    if (arg.includes(NOT_UTF8)) isExact = false;
    args.push(utf8Bytes(arg));
  }
  if (isExact) return args;
  const all = split(procText("/proc/self/cmdline"));
  return all.length >= args.length ? all.slice(all.length - args.length) : args;
}

/** Whole, since a shell's has sixty entries and each that is touched costs a start 5,000 instructions (measured on Bun 1.4.5). */
function exactEnvironment(env: Context["env"]): ByteString {
  const block = procText("/proc/self/environ");
  return block === "" ? decodedEnvironment(env) : block.slice(0, block.lastIndexOf("\0") + 1);
}

function decodedEnvironment(env: Context["env"]): ByteString {
  const entries = Object.entries(env).map(([name, value]) => utf8Bytes(`${name}=${value ?? ""}\0`));
  return entries.join("");
}

/** Cuts at each NUL; what follows the last one is nothing. */
function split(block: ByteString): readonly ByteString[] {
  return block.split("\0").slice(0, -1);
}

/**
 * An epoll descriptor and what it watches belong to an event loop: Bun's own (an eventfd; measured on Bun 1.4.5), or one that
 * leaked and is of no use to another program. Everything else was handed to us; the listing itself is gone when it is
 * looked at.
 */
function callersDescriptors(): number[] {
  const open: number[] = [];
  const ofLoops = new Set<number>();
  for (const name of descriptorNames()) {
    const descriptor = Number(name);
    const target = descriptor > 2 ? targetOf(descriptor) : undefined;
    if (target !== undefined) open.push(descriptor);
    if (target !== "anon_inode:[eventpoll]") continue;
    ofLoops.add(descriptor);
    for (const watched of watchedBy(descriptor)) ofLoops.add(watched);
  }
  const handedOver: number[] = [];
  for (const descriptor of open) if (!ofLoops.has(descriptor)) handedOver.push(descriptor);
  return handedOver;
}

function descriptorNames(): string[] {
  try {
    return readdirSync("/proc/self/fd");
  } catch {
    return [];
  }
}

function targetOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

/** Lines such as `tfd:        4 events: 80000019 data: ...` (proc_pid_fdinfo(5)). */
function watchedBy(epoll: number): number[] {
  const watched: number[] = [];
  for (const line of procText(`/proc/self/fdinfo/${epoll}`).split("\n"))
    if (line.startsWith("tfd:")) watched.push(Number.parseInt(line.slice(4), 10));
  return watched;
}

/** Bun ignores SIGPIPE and SIGXFSZ itself at start, which hides what the caller had: those two count as not ignored. */
function ignoredSignals(): readonly number[] {
  const status = procText("/proc/self/status");
  const mask = status.indexOf(SIG_IGN) + SIG_IGN.length;
  if (mask < SIG_IGN.length || status.startsWith(BY_BUN_ALONE, mask)) return [];
  const ignored: number[] = [];
  // Signal 1 is the last bit of sixteen hexadecimal digits.
  const high = Number.parseInt(status.slice(mask, mask + 8), 16);
  const low = Number.parseInt(status.slice(mask + 8, mask + 16), 16);
  for (let signal = 1; signal <= 64; signal++) {
    const isIgnored = ((signal <= 32 ? low : high) >>> ((signal - 1) & 31)) & 1;
    if (isIgnored && signal !== SIGPIPE && signal !== SIGXFSZ) ignored.push(signal);
  }
  return ignored;
}

/** A line of proc_pid_status(5). */
const SIG_IGN = "\nSigIgn:\t";
/** SIGPIPE and SIGXFSZ. */
const BY_BUN_ALONE = "0000000001001000\n";

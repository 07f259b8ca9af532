import { type Pointer, ptr } from "bun:ffi";
import { CALLS, isLinux, systemCall } from "../fs/linux.ts";
import { once, openLibc } from "../libc.ts";
import { type Launch, nativeLaunch } from "./launch.ts";
import { IGNORED_BY_BUN } from "./signals.ts";

/**
 * The system calls of starting, becoming and watching a program, for which Bun's own API is not exact: its spawn loses
 * bytes that are not UTF-8, closes the caller's descriptors and un-ignores ignored signals (measured on Bun 1.4.5).
 * Structure sizes and constants are those of Linux with glibc or musl. Each group is opened at its first use: all calls at
 * once cost every start 0.2 ms more than the five of an exec.
 */
const becoming = once(
  () =>
    openLibc({
      dup: { args: ["i32"], returns: "i32" },
      dup2: { args: ["i32", "i32"], returns: "i32" },
      close: { args: ["i32"], returns: "i32" },
      execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
      signal: { args: ["i32", "ptr"], returns: "ptr" },
    }).symbols,
);
const spawning = once(
  () =>
    openLibc({
      posix_spawn: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
      posix_spawn_file_actions_adddup2: { args: ["ptr", "i32", "i32"], returns: "i32" },
    }).symbols,
);
const preparing = once(
  () =>
    openLibc({
      posix_spawn_file_actions_init: { args: ["ptr"], returns: "i32" },
      posix_spawnattr_init: { args: ["ptr"], returns: "i32" },
      posix_spawnattr_setflags: { args: ["ptr", "i16"], returns: "i32" },
      posix_spawnattr_setsigdefault: { args: ["ptr", "ptr"], returns: "i32" },
    }).symbols,
);
const waiting = once(() => openLibc({ waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" } }).symbols);
const asking = once(
  () =>
    openLibc({
      getpgid: { args: ["i32"], returns: "i32" },
      getsid: { args: ["i32"], returns: "i32" },
      tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
      tcgetpgrp: { args: ["i32"], returns: "i32" },
    }).symbols,
);
const ending = once(
  () =>
    openLibc({
      setrlimit: { args: ["i32", "ptr"], returns: "i32" },
      signal: { args: ["i32", "ptr"], returns: "ptr" },
    }).symbols,
);

/** Replaces this process. Returns only when that failed, with nothing said about why (see `explainStart`). */
export function exec(launch: Launch): void {
  const { execve, signal } = becoming();
  const native = nativeLaunch(launch);
  for (const { from, to } of launch.descriptors) clearCloseOnExec(from, to);
  for (const ignored of IGNORED_BY_BUN) signal(ignored, SIG_DFL);
  execve(native.path, native.argv, native.environment);
}

/** dup2 through a spare number: plain fcntl(2) is variadic, which bun:ffi can't call on every platform. */
function clearCloseOnExec(from: number, to: number): void {
  const { dup, dup2, close } = becoming();
  const spare = dup(from);
  if (spare < 0) return;
  dup2(spare, to);
  close(spare);
}

/**
 * Starts the program; its process id, or the errno as a negative number. Every signal that is not in `ignored` has
 * its default action in it: glibc and musl would leave those of their own threads (32 to 34) ignored.
 */
export function spawn(launch: Launch, ignored: readonly number[]): number {
  const c = spawning();
  const native = nativeLaunch(launch);
  const actions = new Uint8Array(STRUCTURE_BYTES);
  const attributes = new Uint8Array(STRUCTURE_BYTES);
  const pid = new Uint32Array(1);
  prepare(actions, attributes, allSignalsBut(ignored));
  for (const { from, to } of launch.descriptors) {
    // A dup2 onto itself clears close-on-exec in the new process alone (glibc 2.29, musl 1.1.24).
    c.posix_spawn_file_actions_adddup2(ptr(actions), from, to);
  }
  const errno = c.posix_spawn(
    ptr(pid),
    native.path,
    ptr(actions),
    ptr(attributes),
    native.argv,
    native.environment,
  );
  return errno === 0 ? (pid[0] ?? 0) : -errno;
}

/**
 * Both structures as their init calls leave them, and the signals to be reset. Written by hand where it is known how: in spawn.h of glibc
 * and musl zeros are an empty one, and the signals follow on flags and process group. Four calls less have to be opened.
 */
function prepare(actions: Uint8Array, attributes: Uint8Array, signals: Uint8Array): void {
  if (isLinux) {
    attributes[0] = POSIX_SPAWN_SETSIGDEF;
    attributes.set(signals, SIGNALS_AT);
    return;
  }
  const c = preparing();
  c.posix_spawn_file_actions_init(ptr(actions));
  c.posix_spawnattr_init(ptr(attributes));
  c.posix_spawnattr_setsigdefault(ptr(attributes), ptr(signals));
  c.posix_spawnattr_setflags(ptr(attributes), POSIX_SPAWN_SETSIGDEF);
}

/** The status word of a change of state of `pid`, or undefined where nothing changed. Never blocks. */
export function changeOf(pid: number): number | undefined {
  const status = new Uint32Array(1);
  const how = WNOHANG | WUNTRACED;
  const changed = isLinux
    ? systemCall(CALLS.wait4, pid, ptr(status), how)
    : waiting().waitpid(pid, ptr(status), how);
  return changed > 0 ? status[0] : undefined;
}

/** The process group and the session of a process; 0 stands for our own. */
export function processGroup(pid: number): number {
  return asking().getpgid(pid);
}

export function sessionOf(pid: number): number {
  return asking().getsid(pid);
}

export function foregroundGroup(terminal: number): number {
  return asking().tcgetpgrp(terminal);
}

/** False in a raw-mode terminal, where ^C is a byte and a SIGINT can't come from the keyboard. */
export function keyboardSendsSignals(terminal: number): boolean {
  const termios = new Uint32Array(STRUCTURE_BYTES / 4);
  return asking().tcgetattr(terminal, ptr(termios)) !== 0 || ((termios[LOCAL_FLAGS] ?? 0) & ISIG) !== 0;
}

export function restoreDefaultAction(signal: number): void {
  ending().signal(signal, SIG_DFL);
}

export function disableCoreFile(): void {
  ending().setrlimit(RLIMIT_CORE, ptr(new Uint32Array(4)));
}

const SIG_DFL: Pointer | null = null;
const POSIX_SPAWN_SETSIGDEF = 0x04;
/** Where they stand in a posix_spawnattr_t of Linux, in bytes. */
const SIGNALS_AT = 8;
const WNOHANG = 1;
const WUNTRACED = 2;
const RLIMIT_CORE = 4;
const ISIG = 1;
/** `c_lflag` is the fourth word of struct termios. */
const LOCAL_FLAGS = 3;
/** More than any of posix_spawnattr_t (336), posix_spawn_file_actions_t (80) and struct termios (60) takes. */
const STRUCTURE_BYTES = 512;

/** A sigset_t: signal 1 is the lowest bit of the first byte. */
function allSignalsBut(left: readonly number[]): Uint8Array {
  const set = new Uint8Array(SIGSET_BYTES).fill(0xff, 0, LAST_SIGNAL / 8);
  for (const signal of left) {
    const byte = (signal - 1) >> 3;
    set[byte] = (set[byte] ?? 0) & ~(1 << ((signal - 1) & 7));
  }
  return set;
}

const SIGSET_BYTES = 128;
const LAST_SIGNAL = 64;

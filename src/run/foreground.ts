import { procText } from "../disk/proc.ts";
import { closeSync, constants, fstatSync, openSync } from "../fs.ts";
import { type Exit, exitOf } from "./exit.ts";
import type { Launch } from "./launch.ts";
import {
  changeOf,
  foregroundGroup,
  keyboardSendsSignals,
  processGroup,
  sessionOf,
  spawn,
} from "./process-calls.ts";

export type Running = {
  readonly pid: number;
  /** A promise costs a process that has none yet 0.1 million instructions: made while the program starts. */
  readonly exited: () => Promise<Exit>;
};

/**
 * Starts the program in our own process group and waits for it beside whatever else the event loop does.
 *
 * How signals travel (each rule measured with bash, dash and tmux):
 * - INT and QUIT from the keyboard reach the whole group: passing them on would deliver them twice, and a double ^C
 *   quits claude. They are passed on only where they can't come from the keyboard.
 * - TERM, HUP, USR1, USR2 and whatever else would end us (a timer that the caller set with alarm(2) survives exec) are
 *   meant for us alone: passed on once. Sent to a whole group they arrive twice; Claude ends by them all the same.
 * - TSTP keeps its default action, so that ^Z stops both. Where the program stopped itself alone we follow it, else
 *   the shell would wait for ever.
 * - the handlers stay until we exit: a second ^C can't cut the final reconcile.
 * - what the caller ignores (nohup) gets no handler and so stays ignored in the program too. Except SIGCHLD, which we
 *   need; Claude needs it as well: started with it ignored it takes every failed tool for status 1.
 * @returns undefined where the system starts nothing this way: `startOtherwise` has another, or says why
 */
export function startForeground(launch: Launch, ignoredSignals: readonly number[]): Running | undefined {
  if (process.platform === "win32") return undefined;
  let pid = 0;
  let ended: Exit | undefined;
  let settle = (exit: Exit) => {
    ended = exit;
  };

  process.on("SIGCHLD", () => {
    // It has ended, and 0 stands for whatever other child the caller left us.
    if (pid <= 0) return;
    for (let status = changeOf(pid); status !== undefined; status = changeOf(pid)) {
      const exit = exitOf(status);
      if (exit === undefined) setTimeout(() => followStop(pid), STOP_SETTLES_MS);
      else {
        // From now on the number may be somebody else's: no signal goes there any more.
        pid = 0;
        settle(exit);
        return;
      }
    }
  });
  relaySignals(() => pid, ignoredSignals);

  pid = spawnWithOpen(launch, ignoredSignals);
  if (pid <= 0) return undefined;
  // A signal handler alone does not keep Bun running; the longest timer it has does, without ever waking it. The entries end the process.
  setInterval(() => {}, LONGEST_TIMER_MS);
  const exited = () =>
    new Promise<Exit>((resolve) => {
      if (ended === undefined) settle = resolve;
      else resolve(ended);
    });
  return { pid, exited };
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The caller's descriptors stay open; one that a thread had open for a moment while they were listed (of Bun, of a library that is
 * preloaded) is gone by now, and the kernel starts nothing with a descriptor that is gone.
 */
function spawnWithOpen(launch: Launch, ignored: readonly number[]): number {
  let tried = launch;
  for (let tries = 1; ; tries++) {
    const pid = spawn(tried, ignored);
    if (pid !== -EBADF || tries === SPAWN_TRIES) return pid;
    tried = { ...launch, descriptors: tried.descriptors.filter(({ from }) => isOpen(from)) };
  }
}

const EBADF = 9;

/** A thread may open the same number again, and close it again, between the look at it and the start. */
const SPAWN_TRIES = 10;

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

/** An `fg` may already be on its way when a stop is reported; what is still stopped after this long stays so. */
const STOP_SETTLES_MS = 20;

function relaySignals(pid: () => number, ignored: readonly number[]): void {
  const on = (signal: NodeJS.Signals, number: number, act: () => void) => {
    if (!ignored.includes(number)) process.on(signal, act);
  };
  const passOn = (signal: NodeJS.Signals) => () => pid() > 0 && send(pid(), signal);
  for (const [signal, number] of MEANT_FOR_US) on(signal, number, passOn(signal));
  for (const [signal, number] of FROM_THE_KEYBOARD) {
    on(signal, number, () => {
      if (!keyboardReached(pid())) passOn(signal)();
    });
  }
  on("SIGCONT", SIGCONT, () => {
    setTimeout(() => isStopped(pid()) && send(pid(), "SIGCONT"), STOP_SETTLES_MS);
  });
}

/** Linux numbers, the same on every architecture that Bun runs on. */
const MEANT_FOR_US = [
  ["SIGHUP", 1],
  ["SIGABRT", 6],
  ["SIGUSR1", 10],
  ["SIGUSR2", 12],
  ["SIGALRM", 14],
  ["SIGTERM", 15],
  ["SIGXCPU", 24],
  ["SIGVTALRM", 26],
  ["SIGPROF", 27],
  ["SIGIO", 29],
] as const;
const FROM_THE_KEYBOARD = [
  ["SIGINT", 2],
  ["SIGQUIT", 3],
] as const;
const SIGCONT = 18;

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The program is gone; its exit is on the way to us.
  }
}

/** True where the terminal driver gave this signal to the program as well. */
function keyboardReached(pid: number): boolean {
  const terminal = openTerminal();
  if (terminal === undefined) return false;
  try {
    const foreground = foregroundGroup(terminal);
    return (
      foreground === processGroup(0) && foreground === processGroup(pid) && keyboardSendsSignals(terminal)
    );
  } finally {
    closeSync(terminal);
  }
}

function openTerminal(): number | undefined {
  try {
    return openSync("/dev/tty", constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/**
 * Stops ourselves because the program did, so that the shell gives its prompt back. Only under a shell with job
 * control: without one (setsid, a container's init) nobody would ever continue us. SIGSTOP, because SIGTSTP is ignored in
 * an orphaned process group.
 */
function followStop(pid: number): void {
  if (isStopped(pid) && underJobControl()) process.kill(process.pid, "SIGSTOP");
}

function underJobControl(): boolean {
  const parent = process.ppid;
  return parent > 1 && sessionOf(parent) === sessionOf(0) && processGroup(parent) !== processGroup(0);
}

function isStopped(pid: number): boolean {
  // The name in parentheses may itself hold spaces and parentheses; the state follows the last one.
  const stat = procText(`/proc/${pid}/stat`);
  return stat.charAt(stat.lastIndexOf(")") + 2) === "T";
}

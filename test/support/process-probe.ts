import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { compiledProgram } from "./compiled-program.ts";
import { createSandbox, type Running, type RunOptions, type Sandbox } from "./sandbox.ts";
import { waitFor } from "./wait-for.ts";

/**
 * How the probe, a claude that reports the state it was started in, is reached: directly, or through the shim where
 * nothing applies, under a profile, under the profile that stands for `~/.claude`, and with the bypass.
 */
export const WAYS = ["direct", "passthrough", "profile", "home", "bypass"] as const;

export type Way = (typeof WAYS)[number];

/** The whole state that a process is born with; texts are Latin-1 for the bytes that they stand for. */
export type ProbeReport = {
  readonly argv: readonly string[];
  readonly environment: readonly string[];
  readonly descriptors: Readonly<Record<string, Descriptor>>;
  /** Soft and hard limit of each resource, by its number in <sys/resource.h>. */
  readonly limits: readonly (readonly [string, string])[];
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly cwd: string;
  readonly SigIgn: string;
  readonly SigBlk: string;
};

export type Descriptor = {
  readonly target: string;
  readonly inode: string;
  /** F_GETFL, octal. */
  readonly status: string;
  readonly closeOnExec: number;
  readonly offset: number;
};

/**
 * What the probe does after its report: `exit N`, `raise N`, `group N` (a signal to its own group), `say TEXT`, `cat`, `spin`,
 * `count` (outlive signals and note each delivery), `make NAME` and `wait NAME` (a file beside the probe).
 */
export type ProbeStep = string;

export type ProbeSandbox = Sandbox & {
  /** Makes `claude`, by the same PATH and the same spelling, mean this way from now on. */
  choose(way: Way): void;
  /** The environment of a call: the same for every way but for the value of CLAUTH_BYPASS. */
  callEnv(way: Way, steps?: readonly ProbeStep[]): Record<string, string>;
  /** Runs a bash script that calls `claude`, and reads what the probe saw. */
  observe(way: Way, script: string, options?: ObserveOptions): Promise<Observed>;
  begin(way: Way, argv: readonly string[], options?: ObserveOptions): Running;
  /** The reports so far, one for each start of the probe, sorted by their arguments. */
  reports(): ProbeReport[];
  /** Waits for the first report. */
  started(): Promise<ProbeReport>;
  /** The signals that the probe counted, by name, in order. */
  signals(): string[];
  /** Waits until the probe has made this file. */
  made(name: string): Promise<true>;
  /** Makes the file that the probe waits for. */
  release(name: string): void;
  [Symbol.dispose](): void;
};

export type ObserveOptions = Omit<RunOptions, "env"> & {
  readonly steps?: readonly ProbeStep[];
  readonly env?: Readonly<Record<string, string | undefined>>;
};

export type Observed = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly reports: readonly ProbeReport[];
};

export function createProbeSandbox(): ProbeSandbox {
  const box = createSandbox();
  const real = dirname(box.claude);
  const way = join(box.root, "way");
  const probe = compiledProgram(join(import.meta.dir, "process-probe.c"));
  copyFileSync(probe, box.claude);
  box.addProfile("work", { account: "W" });
  box.addProfile("own", undefined, "home = true\n");
  const path = [way, real, box.env["PATH"]].join(":");

  function choose(chosen: Way): void {
    rmSync(way, { force: true });
    symlinkSync(chosen === "direct" ? real : join(box.store, "bin"), way);
    const profile = chosen === "profile" ? "work" : chosen === "home" ? "own" : undefined;
    box.write(join(box.store, "clauth.toml"), profile ? `default = "${profile}"\n` : "", 0o600);
    for (const name of ["reports", "signals"]) rmSync(join(real, name), { recursive: true, force: true });
    mkdirSync(join(real, "reports"));
  }

  function callEnv(chosen: Way, steps: readonly ProbeStep[] = []): Record<string, string> {
    const bypass = chosen === "bypass" ? "1" : "0";
    const probe = { PROBE_HOME: real, PROBE_STEPS: steps.join(";") };
    return { ...box.env, ...probe, PATH: path, CLAUTH_BYPASS: bypass };
  }

  function begin(chosen: Way, argv: readonly string[], options: ObserveOptions = {}): Running {
    choose(chosen);
    const { steps, env, ...run } = options;
    return box.start(argv, { ...run, env: { ...callEnv(chosen, steps), ...env } });
  }

  function reports(): ProbeReport[] {
    const directory = join(real, "reports");
    const texts = readdirSync(directory).filter((name) => name.endsWith(".json"));
    const read: ProbeReport[] = texts.map((name) =>
      JSON.parse(readFileSync(join(directory, name), "latin1")),
    );
    return read.sort((a, b) => (a.argv.join("\0") < b.argv.join("\0") ? -1 : 1));
  }

  return {
    ...box,
    choose,
    callEnv,
    begin,
    reports,
    observe: async (chosen, script, options) => {
      const { code, signal, stdout, stderr } = await begin(chosen, ["bash", "-c", script], options).finished;
      return { code, signal: signal === null ? null : String(signal), stdout, stderr, reports: reports() };
    },
    started: () => waitFor("the probe's report", () => reports()[0]),
    signals: () => {
      const log = join(real, "signals");
      return existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
    },
    made: (name) => waitFor(name, () => existsSync(join(real, name)) && true),
    release: (name) => writeFileSync(join(real, name), ""),
    [Symbol.dispose]: () => box.close(),
  };
}

/**
 * What of a report must be the same however the probe was reached. Left out is what README and ARCHITECTURE.md name:
 * the variables that the shim sets, the session lock, the soft limit of open files (Bun raises it in every program of
 * its own, the real claude included), and that under a profile the shim is the process that the caller knows.
 */
export function comparable(report: ProbeReport, way: Way): Record<string, unknown> {
  const { pid, parent, group, session, environment, descriptors, limits, SigIgn, ...rest } = report;
  const caller = way === "profile" ? parent : pid;
  const ours = OUR_VARIABLES[way];
  return {
    ...rest,
    ignored: ignoredIn(SigIgn).filter(
      (signal) => signal !== TAKEN_BY_A_THREAD && (way !== "direct" || !TAKEN_BY_BUN.includes(signal)),
    ),
    environment: environment.filter((entry) => !ours.includes(entry.slice(0, entry.indexOf("=")))),
    descriptors: withOrdinalPipes(
      Object.entries(descriptors).filter(([, { target }]) => !isSessionLock(target)),
    ),
    limits: limits.map(([soft, hard], resource) =>
      resource === RLIMIT_NOFILE ? [hard, hard] : [soft, hard],
    ),
    leadsGroup: group === caller,
    leadsSession: session === caller,
  };
}

/** Numbers of the signals in a mask as /proc has it. */
export function ignoredIn(mask: string): number[] {
  const bits = BigInt(`0x${mask}`);
  return Array.from({ length: 64 }, (_, index) => index + 1).filter(
    (signal) => (bits >> BigInt(signal - 1)) & 1n,
  );
}

/**
 * Signals that Bun takes for itself before our first line, in the real claude as well: PIPE, XFSZ, PWR, and those of a
 * crash. That the caller ignored them can't be known; claude gets their default action.
 */
const TAKEN_BY_BUN = [4, 5, 6, 7, 8, 11, 13, 25, 30, 31];

/**
 * SIGSETXID, which the C library takes when a process starts its first thread (seen under strace, glibc 2.36). A start that becomes claude
 * needs no thread, but JavaScriptCore starts one at the 64th block of its heap: before it claude gets what the caller had (glibc's
 * posix_spawn leaves it ignored), afterwards the default action. The real claude has threads of its own.
 */
const TAKEN_BY_A_THREAD = 33;

/** The descriptors under which the report has the lock of a clauth session. */
export function sessionLocks({ descriptors }: ProbeReport): number[] {
  return Object.entries(descriptors)
    .filter(([, { target }]) => isSessionLock(target))
    .map(([number]) => Number(number));
}

const OF_EVERY_CALL = ["CLAUTH_GUARD", "CLAUTH_BYPASS"];
const OUR_VARIABLES: Readonly<Record<Way, readonly string[]>> = {
  direct: OF_EVERY_CALL,
  bypass: OF_EVERY_CALL,
  passthrough: OF_EVERY_CALL,
  home: [...OF_EVERY_CALL, "CLAUTH_ACTIVE_PROFILE"],
  profile: [...OF_EVERY_CALL, "CLAUTH_ACTIVE_PROFILE", "CLAUDE_CONFIG_DIR"],
};

const RLIMIT_NOFILE = 7;

function isSessionLock(target: string): boolean {
  return /\/profiles\/[^/]+\/sessions\/[^/]+$/.test(target);
}

/** Each run has pipes of its own: the first becomes pipe 0, and so on, so that two ends of one pipe still show. */
function withOrdinalPipes(entries: readonly (readonly [string, Descriptor])[]) {
  const seen: string[] = [];
  return entries.map(([number, { inode, ...descriptor }]) => {
    const isNumbered = /^(?:pipe|socket|\/memfd):/.test(descriptor.target);
    if (isNumbered && !seen.includes(inode)) seen.push(inode);
    const target = isNumbered
      ? descriptor.target.replace(/\d+/, String(seen.indexOf(inode)))
      : descriptor.target;
    return { number, ...descriptor, target, ...(isNumbered ? {} : { inode }) };
  });
}

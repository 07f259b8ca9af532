import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RUN_FROM_SOURCE } from "../../support/fake-claude.ts";

/** The two ways to a program: the shim becomes it, or starts it and waits. */
export const WAYS = ["become", "wait"] as const;

export type Way = (typeof WAYS)[number];

/** The words that run `stand-in.ts` from source. */
export const STAND_IN = [process.execPath, ...RUN_FROM_SOURCE, join(import.meta.dir, "stand-in.ts")] as const;

/** The command line that reaches `argv` one way. */
export function through(way: Way, ...argv: readonly string[]): string[] {
  return [...STAND_IN, way, ...argv];
}

/**
 * A shell that reports how it was started: its own command line, environment, descriptors, signals, group, as the kernel
 * has them. The report is in the directory `$REPORT`, since standard output may be what is tested. The shell reads its
 * signals itself: while it starts a program it blocks them all.
 */
export const REPORTER = `
cat /proc/$$/cmdline >"$REPORT/cmdline"
cat /proc/$$/environ >"$REPORT/environ"
while read -r name value; do echo "$name $value"; done </proc/$$/status >"$REPORT/status"
cat /proc/$$/stat >"$REPORT/stat"
umask >"$REPORT/umask"
ls -l /proc/$$/fd >"$REPORT/fds"
pwd >"$REPORT/cwd"
`;

export type Report = {
  /** The words after the reporter's own, Latin-1. */
  readonly args: readonly string[];
  readonly environment: readonly string[];
  /** Descriptors above 2 with what they are. */
  readonly descriptors: Readonly<Record<string, string>>;
  readonly ignored: bigint;
  readonly blocked: bigint;
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly umask: string;
  readonly cwd: string;
};

export type Reporter = {
  readonly directory: string;
  /** The reporter as a command, with arguments. */
  command(...args: readonly string[]): string[];
  readonly env: { readonly REPORT: string };
  read(): Report;
  [Symbol.dispose](): void;
};

export function createReporter(): Reporter {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "clauth-run-")));
  const text = (name: string) => readFileSync(join(directory, name), "latin1");
  return {
    directory,
    command: (...args) => ["/bin/sh", "-c", REPORTER, "reporter", ...args],
    env: { REPORT: directory },
    read: () => {
      const words = text("cmdline").split("\0").slice(0, -1);
      // Behind the name in parentheses: state, parent, group, session.
      const [, parent = "", group = "", session = ""] = text("stat")
        .replace(/^.*\) /s, "")
        .split(" ");
      return {
        args: words.slice(words.indexOf("reporter") + 1),
        environment: text("environ").split("\0").slice(0, -1),
        descriptors: Object.fromEntries(descriptorsIn(text("fds"))),
        ignored: maskIn(text("status"), "SigIgn"),
        blocked: maskIn(text("status"), "SigBlk"),
        pid: Number.parseInt(text("stat"), 10),
        parent: Number(parent),
        group: Number(group),
        session: Number(session),
        umask: text("umask").trim(),
        cwd: text("cwd").trim(),
      };
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** From lines of ls: `lr-x------ 1 user user 64 Nov 21 11:00 63 -> /some/file`. */
function descriptorsIn(listing: string): (readonly [string, string])[] {
  return [...listing.matchAll(/ (\d+) -> (.*)$/gm)].flatMap(([, number = "", target = ""]) =>
    Number(number) > 2 ? [[number, target] as const] : [],
  );
}

function maskIn(status: string, name: string): bigint {
  return BigInt(`0x${new RegExp(`^${name}:\\s*(\\w+)`, "m").exec(status)?.[1] ?? "0"}`);
}

/** True where the mask holds the signal. */
export function holds(mask: bigint, signal: number): boolean {
  return ((mask >> BigInt(signal - 1)) & 1n) === 1n;
}

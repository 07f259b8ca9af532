import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isObject, type Json, type JsonObject, parseJson } from "../../src/json.ts";

/**
 * A claude that does what a test tells it, step by step (`FAKE_CLAUDE_STEPS`, made by `fakeSteps`): it shows what it
 * was given and changes its files as the real one does, with the same locks, temp files and renames.
 */
export type FakeStep =
  /** Writes a FakeReport to `to`. */
  | { readonly do: "report"; readonly to: string }
  | { readonly do: "print"; readonly text: string; readonly stream?: "stdout" | "stderr" }
  /** Goes on when the file is there. */
  | { readonly do: "wait"; readonly for: string }
  | { readonly do: "write"; readonly path: string; readonly text: string }
  /** Replaces `.credentials.json` as a token refresh does. */
  | { readonly do: "refresh"; readonly credentials: string }
  /** Removes `.credentials.json`, then `oauthAccount`, as `auth logout` does. */
  | { readonly do: "logout" }
  /** Sets a top-level key of `.claude.json` under its lock. */
  | { readonly do: "set"; readonly key: string; readonly value: Json }
  | { readonly do: "ignore"; readonly signal: string }
  /** Outlives the signal and writes to `to` how often it came so far. */
  | { readonly do: "count"; readonly signal: string; readonly to: string }
  /** Stops itself alone, as Claude Code's Ctrl-Z does where it gives SIGSTOP to its own process. */
  | { readonly do: "stop" }
  /** Runs a command with this process's environment, and waits for it. */
  | { readonly do: "run"; readonly argv: readonly string[]; readonly steps: readonly FakeStep[] }
  | { readonly do: "signal"; readonly signal: string }
  | { readonly do: "exit"; readonly code: number };

export type FakeReport = {
  /** Arguments after the name, each as Latin-1 text of its bytes, so that no byte is lost. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly pid: number;
  readonly parent: number;
  readonly terminals: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Open descriptors above 2 that were inherited, with what they are. */
  readonly descriptors: Readonly<Record<string, string>>;
  /** Signals ignored at entry, as /proc has them: hexadecimal. */
  readonly ignored: string;
  readonly umask: number;
};

/** The environment that makes a fake claude take these steps. */
export function fakeSteps(...steps: readonly FakeStep[]): { FAKE_CLAUDE_STEPS: string } {
  return { FAKE_CLAUDE_STEPS: JSON.stringify(steps) };
}

/**
 * Writes the program: a shell script, because a script that Bun starts can't tell which signals were ignored at entry
 * (Bun sets two of its own).
 */
export function writeFakeClaude(path: string): string {
  const script = [
    "#!/bin/sh",
    'while read -r name value; do [ "$name" = SigIgn: ] && export FAKE_CLAUDE_IGNORED="$value"; done </proc/$$/status',
    `exec '${process.execPath}' ${RUN_FROM_SOURCE.map((option) => `'${option}'`).join(" ")} '${import.meta.path}' "$@"`,
  ];
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${script.join("\n")}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Bun's options that keep it from reading `.env`, bunfig, tsconfig and packages of the working directory. */
export const RUN_FROM_SOURCE = [
  "--no-env-file",
  "--config=/dev/null",
  "--no-install",
  `--tsconfig-override=${join(import.meta.dir, "..", "..", "tsconfig.json")}`,
] as const;

/** What the step `report` wrote. */
export function readReport(path: string): FakeReport {
  const seen: FakeReport = JSON.parse(readFileSync(path, "utf8"));
  return seen;
}

/** Looked up at once: Bun duplicates a standard stream where the program asks whether it is a terminal. */
const inherited = import.meta.main ? openDescriptors() : {};

if (import.meta.main) await takeSteps(process.env["FAKE_CLAUDE_STEPS"] ?? "[]");

async function takeSteps(text: string): Promise<void> {
  const steps: readonly FakeStep[] = JSON.parse(text);
  const keepAlive = setInterval(() => {}, 60_000);
  for (const step of steps) await take(step);
  clearInterval(keepAlive);
}

async function take(step: FakeStep): Promise<void> {
  switch (step.do) {
    case "report":
      return writeWhole(step.to, JSON.stringify(report()));
    case "print":
      return void (step.stream === "stderr" ? process.stderr : process.stdout).write(step.text);
    case "wait":
      return appears(step.for);
    case "write":
      return writeWhole(step.path, step.text);
    case "refresh":
      return refresh(configDirectory(), step.credentials);
    case "logout":
      rmSync(join(configDirectory(), ".credentials.json"), { force: true });
      return editJson(({ oauthAccount: _, ...rest }) => rest);
    case "set":
      return editJson((document) => ({ ...document, [step.key]: step.value }));
    case "ignore":
      return void process.on(step.signal, () => {});
    case "count": {
      let times = 0;
      return void process.on(step.signal, () => writeWhole(step.to, String(++times)));
    }
    case "stop":
      return void process.kill(process.pid, "SIGSTOP");
    case "run": {
      const env = { ...process.env, ...fakeSteps(...step.steps) };
      const child = Bun.spawn([...step.argv], {
        env,
        stdin: "inherit",
        stdout: "inherit",
        stderr: "inherit",
      });
      return void (await child.exited);
    }
    case "signal":
      process.removeAllListeners(step.signal);
      process.kill(process.pid, step.signal);
      return new Promise(() => {});
    case "exit":
      process.exit(step.code);
  }
}

function report(): FakeReport {
  const commandLine = readFileSync("/proc/self/cmdline", "latin1").split("\0").slice(0, -1);
  const { FAKE_CLAUDE_STEPS: _, FAKE_CLAUDE_IGNORED: ignored = "", ...env } = process.env;
  return {
    args: commandLine.slice(commandLine.indexOf(import.meta.path) + 1),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? ""])),
    cwd: process.cwd(),
    pid: process.pid,
    parent: process.ppid,
    terminals: {
      stdin: process.stdin.isTTY === true,
      stdout: process.stdout.isTTY === true,
      stderr: process.stderr.isTTY === true,
    },
    descriptors: inherited,
    ignored,
    umask: process.umask(),
  };
}

/** Descriptors of this process that Bun did not open for itself (event queues, timers, its own reading of /proc). */
function openDescriptors(): Record<string, string> {
  const open = readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      const isOwn = /^anon_inode:|^\/proc\/|^\/dev\/(?:u?random|null)$/.test(target);
      return Number(name) > 2 && !isOwn ? [[name, target] as const] : [];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(open);
}

function configDirectory(): string {
  return process.env["CLAUDE_CONFIG_DIR"] ?? join(process.env["HOME"] ?? "", ".claude");
}

function claudeJson(): string {
  const directory = process.env["CLAUDE_CONFIG_DIR"];
  return directory === undefined
    ? join(process.env["HOME"] ?? "", ".claude.json")
    : join(directory, ".claude.json");
}

/** The refresh as traced: three locks, a temp file, a rename over the link, and never a look at where it points. */
function refresh(directory: string, credentials: string): void {
  const locks = [".oauth_refresh.lock", ".storage-write.lock"].map((name) => join(directory, name));
  withLocks([...locks, `${realpathSync(directory)}.lock`], () => {
    const temp = join(directory, `.credentials.json.tmp.${randomHex(4)}`);
    writeFileSync(temp, credentials, { mode: 0o600 });
    renameSync(temp, join(directory, ".credentials.json"));
  });
}

function editJson(edit: (document: JsonObject) => JsonObject): void {
  const path = claudeJson();
  withLocks([`${path}.lock`], () => {
    const value = existsSync(path) ? parseJson(readFileSync(path)) : {};
    const temp = `${path}.tmp.${process.pid}.${randomHex(6)}`;
    writeFileSync(temp, JSON.stringify(edit(isObject(value) ? value : {}), null, 2), { mode: 0o600 });
    renameSync(temp, path);
  });
}

/** Claude's locks are directories; a busy one is tried again, and one that nobody touched for a minute is taken, as Claude does. */
function withLocks(locks: readonly string[], body: () => void): void {
  for (const lock of locks) takeLock(lock, Date.now() + 10_000);
  try {
    body();
  } finally {
    for (const lock of locks) rmdirSync(lock);
  }
}

function takeLock(lock: string, deadline: number): void {
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      if (isLeftBehind(lock)) rmdirSync(lock);
      else Bun.sleepSync(10);
    }
  }
}

function isLeftBehind(lock: string): boolean {
  const stat = statSync(lock, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > 60_000;
}

/** Ends with the sandbox: a test that failed leaves no claude waiting for ever. */
function appears(path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(dirname(path), () => {
    if (existsSync(path)) resolve();
    else if (!existsSync(dirname(path))) process.exit(1);
  });
  if (existsSync(path)) resolve();
  return promise.finally(() => watcher.close());
}

/** Renamed into place, so that who waits for the file never reads half of it. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
}

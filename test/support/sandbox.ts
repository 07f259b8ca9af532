import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isObject, type JsonObject, parseJson } from "../../src/json.ts";
import { credentialsText, type Login } from "./claude-login.ts";
import { compiledShim } from "./compiled-shim.ts";
import { LINK_MODE_ENV } from "./link-mode.ts";

/**
 * A user of their own for one test: HOME, a store, a project directory, and a PATH on which the shim stands before
 * the claude that it wraps. The environment is built from nothing, so that what the developer has set can't matter.
 */
export type Sandbox = {
  readonly root: string;
  readonly home: string;
  /** `$CLAUTH_HOME` */
  readonly store: string;
  /** A directory below HOME to work in. */
  readonly project: string;
  /** The claude behind the shim, as an absolute path: what a direct run runs. */
  readonly claude: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file, with its directories, and answers its path. Relative paths are below HOME. */
  write(path: string, text: string, mode?: number): string;
  read(path: string): string;
  /** A JSON file's object, {} where there is none. */
  json(path: string): JsonObject;
  /** Sets up a profile as the store's format has it, without the CLI. No login: a logged-out profile. */
  addProfile(name: string, login?: Login, config?: string): void;
  /** The profile's file or directory `path`. */
  profile(name: string, path: string): string;
  start(argv: readonly string[], options?: RunOptions): Running;
  run(argv: readonly string[], options?: RunOptions): Promise<Finished>;
  /** The text with everything that differs from run to run replaced by a word. */
  redact(text: string): string;
  close(): void;
};

export type RunOptions = {
  readonly cwd?: string;
  /** Added to the sandbox's; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
};

export type Running = {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  readonly finished: Promise<Finished>;
};

export type Finished = {
  readonly code: number | null;
  readonly signal: Bun.Subprocess["signalCode"];
  readonly stdout: string;
  readonly stderr: string;
};

export type SandboxOptions = {
  /** What stands behind the shim as `claude`: a program's path. None: nothing does. */
  readonly claude?: string;
  /** Wraps each command, to run it in a private network. */
  readonly inside?: (argv: readonly string[], cwd: string) => string[];
  readonly env?: Readonly<Record<string, string>>;
  /** False leaves the shim out: `claude` is the claude behind it. */
  readonly shim?: boolean;
};

export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "clauth-test-")));
  const home = join(root, "home");
  const store = join(home, ".clauth");
  const project = join(home, "project");
  const shims = join(store, "bin");
  const real = join(root, "real");
  for (const directory of [home, project, real]) mkdirSync(directory, { recursive: true });
  mkdirSync(shims, { recursive: true, mode: 0o700 });
  chmodSync(store, 0o700);
  if (options.shim !== false)
    for (const name of ["claude", "clauth"]) symlinkSync(compiledShim(), join(shims, name));
  if (options.claude !== undefined) symlinkSync(options.claude, join(real, "claude"));

  const path = [shims, real, "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].join(":");
  const env: Readonly<Record<string, string>> = {
    HOME: home,
    PATH: path,
    SHELL: "/bin/bash",
    USER: "tester",
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    TMPDIR: join(root, "tmp"),
    CLAUTH_HOME: store,
    ...QUIET_CLAUDE,
    ...LINK_MODE_ENV,
    ...options.env,
  };
  mkdirSync(join(root, "tmp"));
  // Claude's Bash tool starts a login shell, and /etc/profile sets PATH anew.
  for (const file of [".profile", ".bash_profile", ".bashrc"])
    writeFileSync(join(home, file), `export PATH=${path}\n`);
  writeFileSync(join(home, ".claude.json"), JSON.stringify({ hasCompletedOnboarding: true }));

  const at = (file: string) => (file.startsWith("/") ? file : join(home, file));
  const profiles: string[] = [];

  function start(argv: readonly string[], run: RunOptions = {}): Running {
    const [name = "", ...args] = argv;
    const childEnv = { ...env, ...run.env };
    const program = Bun.which(name, { PATH: childEnv["PATH"] ?? path }) ?? name;
    const cwd = run.cwd ?? project;
    const command = options.inside?.([program, ...args], cwd) ?? [program, ...args];
    const child = Bun.spawn(command, {
      cwd,
      env: childEnv,
      stdin: run.stdin === undefined ? "ignore" : new Blob([run.stdin]),
      stdout: "pipe",
      stderr: "pipe",
    });
    const finished = Promise.all([child.stdout.text(), child.stderr.text(), child.exited]).then(
      ([stdout, stderr]) => ({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
    return { pid: child.pid, kill: (signal) => child.kill(signal), finished };
  }

  return {
    root,
    home,
    store,
    project,
    claude: join(real, "claude"),
    env,
    write: (file, text, mode = 0o644) => {
      mkdirSync(dirname(at(file)), { recursive: true });
      writeFileSync(at(file), text, { mode });
      chmodSync(at(file), mode);
      return at(file);
    },
    read: (file) => readFileSync(at(file), "utf8"),
    json: (file) => readObject(at(file)),
    addProfile: (name, login, config) => {
      const directory = join(store, "profiles", name);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      chmodSync(dirname(directory), 0o700);
      if (login !== undefined) {
        writeFileSync(join(directory, "credentials.json"), credentialsText(login), { mode: 0o600 });
      }
      if (config !== undefined) writeFileSync(join(directory, "config.toml"), config, { mode: 0o600 });
      profiles.push(name);
      writeFileSync(join(store, "profiles.toml"), `profiles = ${JSON.stringify(profiles)}\n`, {
        mode: 0o600,
      });
    },
    profile: (name, file) => join(store, "profiles", name, file),
    start,
    run: (argv, run) => start(argv, run).finished,
    redact: (text) =>
      text
        .replaceAll(store, "$CLAUTH_HOME")
        .replaceAll(home, "~")
        .replaceAll(root, "<sandbox>")
        .replace(/\d{4}-\d\d-\d\d[T ]\d\d:?\d\d:?\d\d(?:\.\d+)?Z?/g, "<time>")
        .replace(/\b(pid )\d+/g, "$1<pid>"),
    close: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Keeps Claude Code from calling home while a test runs it. */
const QUIET_CLAUDE = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  DISABLE_TELEMETRY: "1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_ERROR_REPORTING: "1",
} as const;

function readObject(path: string): JsonObject {
  try {
    const value = parseJson(readFileSync(path));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

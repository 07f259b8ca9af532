import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

const REPOSITORY = join(import.meta.dir, "..", "..");

/** What install.sh calls: nothing else is on a user's PATH unless a test adds it. */
const TOOLS = [
  ..."awk cat chmod cmp cp cut dirname env find grep head id ln ls mkdir mktemp mv readlink rm rmdir sed".split(
    " ",
  ),
  ..."setsid sh sleep sort tail timeout tr uname wc".split(" "),
];

/**
 * Somebody who installs: a HOME of their own, a clone, and a PATH on which only the named programs are. The program
 * that the clone builds is a stand-in of a few lines, since most tests ask what install.sh does with the executable.
 */
export type InstallingUser = {
  readonly home: string;
  readonly clone: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file below HOME with its directories, and answers its path. */
  write(path: string, text: string, mode?: number): string;
  read(path: string): string;
  /** Puts an executable script on the user's PATH. */
  addProgram(name: string, script: string): void;
  install(args?: readonly string[], options?: InstallOptions): Promise<Installed>;
  run(argv: readonly string[], options?: InstallOptions): Promise<Installed>;
  /** Every file below HOME with its kind, mode and content: equal where nothing changed. */
  snapshot(): Readonly<Record<string, string>>;
  close(): void;
};

export type InstallOptions = {
  /** The shell that runs install.sh: `sh` unless told otherwise. */
  readonly shell?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** "open" is a pipe that nobody writes to or closes. */
  readonly stdin?: "open";
};

export type Installed = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type UserOptions = {
  /** The name of HOME's directory. */
  readonly home?: string;
  /** Programs beside the tools; `bun` alone by default. */
  readonly programs?: readonly string[];
  readonly login?: string;
  /** What the clone builds: a stand-in unless a test is about the whole. */
  readonly product?: "real" | "stand-in";
};

export function createUser(options: UserOptions = {}): InstallingUser {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "clauth-install-")));
  const home = join(root, options.home ?? "home");
  const programs = join(root, "programs");
  const clone = join(root, "clone");
  for (const directory of [home, programs, clone, join(root, "tmp")]) mkdirSync(directory);
  for (const name of [...TOOLS, ...(options.programs ?? ["bun"])]) addLink(programs, name);
  for (const name of ["install.sh", "scripts", "src", "package.json", "bun.lock", "tsconfig.json"])
    cpSync(join(REPOSITORY, name), join(clone, name), { recursive: true });
  if (options.product !== "real") writeFileSync(join(clone, "src", "main.ts"), STAND_IN);

  const env = {
    ...certificates(),
    HOME: home,
    PATH: programs,
    SHELL: options.login ?? "/bin/bash",
    TERM: "dumb",
    LANG: "C.UTF-8",
    TMPDIR: join(root, "tmp"),
    // The developer's own caches, so that only a version that was never fetched needs the network.
    BUN_INSTALL_CACHE_DIR:
      process.env["BUN_INSTALL_CACHE_DIR"] ?? join(homedir(), ".bun", "install", "cache"),
    npm_config_cache: process.env["npm_config_cache"] ?? join(homedir(), ".npm"),
    npm_config_prefix: join(root, "npm"),
  };

  async function run(argv: readonly string[], given: InstallOptions = {}): Promise<Installed> {
    const [name = "", ...args] = argv;
    const child = Bun.spawn([Bun.which(name) ?? name, ...args], {
      cwd: given.cwd ?? root,
      env: { ...env, ...given.env },
      stdin: given.stdin === "open" ? "pipe" : "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, code] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  }

  return {
    home,
    clone,
    env,
    write: (path, text, mode = 0o644) => {
      const file = join(home, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      chmodSync(file, mode);
      return file;
    },
    read: (path) => readFileSync(join(home, path), "utf8"),
    addProgram: (name, script) => {
      rmSync(join(programs, name), { force: true });
      writeFileSync(join(programs, name), script, { mode: 0o755 });
    },
    install: (args = [], given = {}) => run([given.shell ?? "sh", join(clone, "install.sh"), ...args], given),
    run,
    snapshot: () =>
      Object.fromEntries(
        readdirSync(home, { recursive: true, encoding: "utf8" })
          .sort()
          .map((path) => [path, describe(join(home, path))]),
      ),
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

function addLink(directory: string, name: string): void {
  const program = name === "bun" ? process.execPath : Bun.which(name);
  if (program === null) throw new Error(`these tests need ${name}`);
  symlinkSync(program, join(directory, name));
}

/** By the name `clauth` it knows its version; by `claude` it runs the next one on PATH, or says that there is none. */
const STAND_IN = `
import { existsSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
if (basename(process.argv0) === "clauth") console.log("0.0.0 stand-in");
else {
  const others = (process.env["PATH"] ?? "").split(":").map((directory) => join(directory, "claude"));
  const real = others.find((file) => existsSync(file) && realpathSync(file) !== process.execPath);
  if (real === undefined) process.exit(127);
  const child = Bun.spawnSync([real, ...process.argv.slice(2)], { stdio: ["inherit", "inherit", "inherit"] });
  process.exit(child.exitCode);
}
`;

/** Where this machine keeps its certificates and proxies: the registry is out of reach without them. */
function certificates(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (/CERT|CA_BUNDLE|PROXY/i.test(name) && value !== undefined) kept[name] = value;
  }
  return kept;
}

function describe(path: string): string {
  const stat = lstatSync(path);
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  if (stat.isDirectory()) return `directory ${mode}`;
  if (stat.size > 1_000_000) return `executable ${mode} ${stat.size}`;
  return `file ${mode} ${JSON.stringify(readFileSync(path, "latin1"))}`;
}

/** The shells of this machine among `names`. */
export function shellsAmong(names: readonly string[]): string[] {
  return names.filter((name) => Bun.which(name) !== null && existsSync(Bun.which(name) ?? ""));
}

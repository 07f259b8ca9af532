import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "../../src/cli.ts";
import type { Context } from "../../src/context.ts";
import { credentialsText, type Login } from "../support/claude-login.ts";

/** A user's home with a store, in which `clauth` runs inside the test's own process. */
export type Desk = {
  readonly home: string;
  readonly store: string;
  /** A directory below HOME to work in. */
  readonly project: string;
  /** Runs `clauth ARGS` and answers all that it said, with the paths of this desk as words. */
  clauth(args: readonly string[], change?: Partial<Context>): Promise<Answer>;
  /** Writes a file, with its directories; relative paths are below HOME. */
  write(path: string, text: string, mode?: number): string;
  read(path: string): string;
  addProfile(name: string, login?: Login, config?: string): void;
  profile(name: string, path: string): string;
  [Symbol.dispose](): void;
};

export type Answer = { readonly code: number; readonly stdout: string; readonly stderr: string };

export function createDesk(): Desk {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-cli-")));
  const store = join(home, ".clauth");
  const project = join(home, "project");
  mkdirSync(project);
  const at = (path: string) => (path.startsWith("/") ? path : join(home, path));
  const profiles: string[] = [];
  const write = (path: string, text: string, mode = 0o600) => {
    mkdirSync(dirname(at(path)), { recursive: true, mode: 0o700 });
    writeFileSync(at(path), text, { mode });
    return at(path);
  };
  const claude = join(home, "bin", "claude");
  write(claude, "#!/bin/sh\n", 0o755);

  return {
    home,
    store,
    project,
    clauth: async (args, change = {}) => {
      const [stdout, stderr]: [string[], string[]] = [[], []];
      const code = await runCommand({
        args,
        env: { PATH: dirname(claude) },
        cwd: project,
        home,
        platform: "linux",
        executable: join(store, "bin", "clauth"),
        calledAs: "clauth",
        stdout: { isTerminal: false, write: (text) => void stdout.push(text) },
        stderr: { isTerminal: false, write: (text) => void stderr.push(text) },
        ...change,
      });
      const said = (texts: readonly string[]) => redact(texts.join(""), home);
      return { code, stdout: said(stdout), stderr: said(stderr) };
    },
    write,
    read: (path) => readFileSync(at(path), "utf8"),
    addProfile: (name, login, config) => {
      mkdirSync(join(store, "profiles", name), { recursive: true, mode: 0o700 });
      if (login !== undefined)
        write(join(store, "profiles", name, "credentials.json"), credentialsText(login));
      if (config !== undefined) write(join(store, "profiles", name, "config.toml"), config);
      profiles.push(name);
      write(join(store, "profiles.toml"), `profiles = ${JSON.stringify(profiles)}\n`);
    },
    profile: (name, path) => join(store, "profiles", name, path),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

function redact(text: string, home: string): string {
  return text
    .replaceAll(home, "~")
    .replace(/\d{8}T\d{9}Z/g, "<time>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>");
}

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A user with a profile "work": HOME, a store, a `~/.claude` of a given size. */
export type User = {
  readonly home: string;
  /** The directory that calls are made in. */
  readonly project: string;
  /** One that a `.clauthrc` picks the profile for, as the user was told. */
  readonly picked: string;
  readonly runtime: string;
  readonly profile: string;
  /** The environment of a call of the claude of `real` behind the shim. */
  env(real: string, more?: Readonly<Record<string, string>>): Record<string, string>;
  close(): void;
};

export type Size = {
  /** Top-level entries of `~/.claude`. */
  readonly entries: number;
  /** Files below `~/.claude/projects`. */
  readonly files: number;
  /** Projects in `.claude.json`, about 2 KB each. */
  readonly projects: number;
};

export const USUAL: Size = { entries: 60, files: 0, projects: 20 };

export function makeUser({ entries, files, projects }: Size): User {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-bench-")));
  const store = join(home, ".clauth");
  const project = join(home, "project");
  mkdirSync(project);
  const picked = join(home, "picked");
  mkdirSync(picked);
  const profile = join(store, "profiles", "work");
  mkdirSync(profile, { recursive: true, mode: 0o700 });
  write(join(store, "profiles.toml"), 'profiles = ["work"]\n');
  write(join(profile, "credentials.json"), credentials(1));
  write(join(picked, ".clauthrc"), "work\n");
  write(join(store, "trust.json"), JSON.stringify({ announced: { [join(picked, ".clauthrc")]: "work" } }));
  write(join(home, ".claude.json"), claudeJson(projects));
  mkdirSync(join(home, ".claude", "projects"), { recursive: true });
  write(
    join(home, ".claude", "settings.json"),
    JSON.stringify({ theme: "dark", permissions: { allow: ["Bash(ls)"] } }),
  );
  for (let entry = 0; entry < entries; entry++) mkdirSync(join(home, ".claude", `entry-${entry}`));
  for (let file = 0; file < files; file++) {
    const directory = join(home, ".claude", "projects", `p${file % 100}`);
    if (file < 100) mkdirSync(directory);
    writeFileSync(join(directory, `${file}.jsonl`), "{}\n");
  }
  return {
    home,
    project,
    picked,
    profile,
    runtime: join(profile, "runtime"),
    env: (real, more = {}) => ({
      HOME: home,
      PATH: `${real}:/usr/local/bin:/usr/bin:/bin`,
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      ...more,
    }),
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Another profile of the same user, "play", with a login of its own. */
export function addSibling({ home }: User): Pick<User, "runtime"> {
  const profile = join(home, ".clauth", "profiles", "play");
  mkdirSync(profile, { mode: 0o700 });
  write(join(home, ".clauth", "profiles.toml"), 'profiles = ["work", "play"]\n');
  write(join(profile, "credentials.json"), credentials(2));
  return { runtime: join(profile, "runtime") };
}

/** The same user, with a rule for a directory where no call is made. */
export function addRule({ home }: User): void {
  write(join(home, ".clauth", "clauth.toml"), '[[rule]]\ndir     = "~/elsewhere"\nprofile = "work"\n');
}

/** A login's file; each generation has other tokens, which expire later. */
export function credentials(generation: number): string {
  const login = {
    accessToken: `sk-ant-oat01-fake${generation}`,
    refreshToken: `sk-ant-ort01-fake${generation}`,
    expiresAt: 4_000_000_000_000 + generation,
    scopes: ["user:inference"],
  };
  return JSON.stringify({ claudeAiOauth: login });
}

export function claudeJson(projects: number, more: Readonly<Record<string, unknown>> = {}): string {
  const history = Array.from(
    { length: 20 },
    (_, index) => `a prompt of some eighty characters, number ${index}, as people type them`,
  );
  const pairs = Array.from({ length: projects }, (_, index) => [
    `/home/me/project-${index}`,
    { allowedTools: [], history },
  ]);
  return JSON.stringify(
    { hasCompletedOnboarding: true, projects: Object.fromEntries(pairs), ...more },
    null,
    2,
  );
}

function write(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}

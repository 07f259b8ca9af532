import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { choiceFrom } from "../../src/config/choice.ts";
import { parseConfig } from "../../src/config/config.ts";
import type { Context } from "../../src/context.ts";
import { storeOf } from "../../src/paths.ts";
import { allow, deny, rememberAnnounced } from "../../src/selection/remember-trust.ts";
import { profileOfTree, resolveSelection } from "../../src/selection/resolve.ts";
import { unsetting } from "../../src/shell-line.ts";

let home: string;
let cwd: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "clauth-resolve-")));
  cwd = join(home, "project");
  mkdirSync(cwd);
  write(".clauth/profiles.toml", 'profiles = ["work", "personal", "Mixed"]\n');
  for (const name of ["work", "personal", "Mixed"])
    mkdirSync(join(home, ".clauth/profiles", name), { recursive: true });
});

afterEach(() => rmSync(home, { recursive: true }));

function write(name: string, content: string): string {
  const path = join(home, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

type Given = {
  env?: Record<string, string>;
  toml?: string;
  explicit?: string;
  isTerminal?: boolean;
  cwd?: string;
};

function resolved({ env = {}, toml = "", explicit, isTerminal = false, cwd: directory = cwd }: Given) {
  const stream = { isTerminal, write: () => expect.unreachable() };
  const context: Context = {
    args: [],
    env,
    cwd: directory,
    home,
    platform: "linux",
    executable: "/none/clauth",
    calledAs: "claude",
    stderr: stream,
    stdout: stream,
  };
  const config = parseConfig(toml) ?? expect.unreachable();
  const choice = explicit === undefined ? undefined : (choiceFrom(explicit) ?? expect.unreachable());
  return resolveSelection(context, storeOf(context), config, choice);
}

function picked(given: Given): string {
  const { selection } = resolved(given);
  return `${selection.kind === "profile" ? selection.name : selection.kind} by ${selection.source.kind}`;
}

const RULE = '[[rule]]\ndir = "~/project"\nprofile = "work"\n';
const REMOTE = '[[rule]]\nremote = "github.com/acme/*"\nprofile = "work"\n';

describe("goes by the order of DESIGN section 4", () => {
  test("each level gives way to those above it", () => {
    const toml = `default = "personal"\n${RULE}`;
    const tree = { CLAUDE_CONFIG_DIR: join(home, ".clauth/profiles/personal/runtime") };
    expect(picked({})).toBe("none by none");
    expect(picked({ toml: 'default = "personal"' })).toBe("personal by default");
    expect(picked({ env: tree, toml: 'default = "work"' })).toBe("personal by inherited");
    expect(picked({ env: tree, toml })).toBe("work by rule");
    write("project/.clauthrc", "Mixed\n");
    expect(picked({ env: tree, toml })).toBe("Mixed by rc");
    expect(picked({ env: { ...tree, CLAUTH_PROFILE: "work" }, toml })).toBe("work by env");
    expect(picked({ env: { CLAUTH_PROFILE: "work" }, explicit: "personal" })).toBe("personal by flag");
    expect(picked({ env: { CLAUTH_BYPASS: "1", CLAUTH_PROFILE: "work" } })).toBe("none by bypass");
  });

  test("system at any level means the untouched claude", () => {
    write("project/.clauthrc", "system\n");
    expect(picked({ toml: 'default = "work"' })).toBe("system by rc");
    expect(picked({ env: { CLAUTH_PROFILE: "system" } })).toBe("system by env");
    expect(picked({ explicit: "system" })).toBe("system by flag");
  });

  test("directory rules come before remote rules", () => {
    write("project/.git/config", '[remote "origin"]\nurl = git@github.com:acme/app\n');
    expect(picked({ toml: `${REMOTE}[[rule]]\ndir = "~"\nprofile = "personal"\n` })).toBe("personal by rule");
    expect(resolved({ toml: REMOTE }).selection).toMatchObject({
      name: "work",
      source: {
        kind: "rule",
        path: join(home, ".clauth/clauth.toml"),
        line: 1,
        detail: "a git remote is github.com/acme/*",
      },
    });
  });

  test("origin decides before a fork's other remotes", () => {
    write(
      "project/.git/config",
      '[remote "up"]\nurl = https://github.com/acme/a\n[remote "origin"]\nurl = https://github.com/me/a\n',
    );
    expect(picked({ toml: `${REMOTE}[[rule]]\nremote = "github.com/me"\nprofile = "personal"\n` })).toBe(
      "personal by rule",
    );
    expect(picked({ toml: REMOTE })).toBe("work by rule");
  });
});

describe("looks at nothing that it does not need", () => {
  test("nothing of git without a remote rule", () => {
    write("project/.git", "gitdir: /none\n");
    mkdirSync(join(home, "other/.git/config"), { recursive: true });
    expect(picked({ cwd: join(home, "other"), toml: 'default = "work"' })).toBe("work by default");
    expect(() => picked({ cwd: join(home, "other"), toml: REMOTE })).toThrow(/not a regular file/);
  });

  test("no rc file where the environment decides", () => {
    mkdirSync(join(cwd, ".clauthrc"));
    expect(picked({ env: { CLAUTH_PROFILE: "work" } })).toBe("work by env");
    expect(() => picked({})).toThrow(expect.objectContaining({ kind: "rc_file_refused" }));
  });

  test("and writes nothing", () => {
    const before = readdirSync(join(home, ".clauth"));
    write("project/.clauthrc", "work\n");
    resolved({ isTerminal: true });
    expect(readdirSync(join(home, ".clauth"))).toEqual(before);
  });
});

describe("never takes another account than the one named (invariant 1)", () => {
  test.each<[string, Given, RegExp]>([
    ["CLAUTH_PROFILE", { env: { CLAUTH_PROFILE: "gone" } }, /no profile "gone" \(CLAUTH_PROFILE is set\)/],
    ["the command line", { explicit: "gone" }, /no profile "gone" \(named on the command line\)/],
    ["a rule", { toml: RULE.replace("work", "gone") }, /clauth\.toml:1 matches/],
    ["the default", { toml: '\ndefault = "gone"' }, /default in .*clauth\.toml:2/],
    [
      "a tree whose profile was removed",
      { env: { CLAUDE_CONFIG_DIR: "HOME/.clauth/profiles/gone/runtime" } },
      /inherited/,
    ],
  ])("stops at a missing profile named by %s", (_, given, message) => {
    const env = Object.fromEntries(
      Object.entries(given.env ?? {}).map(([key, value]) => [key, value.replace("HOME", home)]),
    );
    const stopped = () => resolved({ toml: 'default = "work"', ...given, env });
    expect(stopped).toThrow(expect.objectContaining({ kind: "unknown_profile", exitCode: 125 }));
    expect(stopped).toThrow(message);
  });

  test("names file, line and cure where an rc file names a missing profile", () => {
    const path = write("project/.clauthrc", "# mine\ngone\n");
    expect(() => resolved({ toml: 'default = "work"' })).toThrow(
      expect.objectContaining({
        kind: "unknown_profile",
        message: `there is no profile "gone" (${path}:2 names it)`,
        hint: "clauth add gone, or clauth list",
        path,
      }),
    );
  });

  test("stops at one that only the list knows, and says how to end a rename or to begin anew", () => {
    write(".clauth/profiles.toml", 'profiles = ["work", "Moved"]\n');
    const stopped = () => resolved({ env: { CLAUTH_PROFILE: "moved" }, toml: 'default = "work"' });
    const begin = "clauth login Moved begins it anew, clauth remove Moved takes it off the list";
    expect(stopped).toThrow(
      expect.objectContaining({
        kind: "unknown_profile",
        message: 'profile "Moved" has no directory (CLAUTH_PROFILE is set)',
        hint: begin,
      }),
    );
    rmSync(join(home, ".clauth/profiles/Mixed"), { recursive: true });
    expect(stopped).toThrow(
      expect.objectContaining({ hint: `clauth rename personal Moved ends a rename; else: ${begin}` }),
    );
  });

  test.each([" work", "work ", "work\n", "../work", "remove"])("refuses CLAUTH_PROFILE=%j", (name) => {
    expect(() => resolved({ env: { CLAUTH_PROFILE: name } })).toThrow(/^CLAUTH_PROFILE: /);
  });

  test("counts an empty CLAUTH_PROFILE as unset", () => {
    expect(picked({ env: { CLAUTH_PROFILE: "" }, toml: 'default = "work"' })).toBe("work by default");
  });

  test("does not echo a token in CLAUTH_PROFILE", () => {
    const stopped = () => resolved({ env: { CLAUTH_PROFILE: "sk-ant-ort01-fakeA" } });
    expect(stopped).toThrow(expect.objectContaining({ kind: "secret_as_name" }));
    expect(stopped).not.toThrow(/fakeA/);
  });

  test("finds a profile in any case, and goes on with its own spelling", () => {
    expect(picked({ env: { CLAUTH_PROFILE: "mIXED" } })).toBe("Mixed by env");
  });
});

describe("with a CLAUDE_CONFIG_DIR that the user set", () => {
  const own = { CLAUDE_CONFIG_DIR: "/own/claude" };

  test("leaves it alone, and says what lost to it and the cure", () => {
    write("project/.clauthrc", "work\n");
    const { selection, notes } = resolved({ env: own, toml: 'default = "personal"' });
    expect(selection).toEqual({ kind: "none", source: { kind: "config-dir", path: "/own/claude" } });
    expect(notes).toEqual([
      `CLAUDE_CONFIG_DIR=/own/claude wins over the profile "work" (${join(cwd, ".clauthrc")}:1 names it); for the profile: ${unsetting("CLAUDE_CONFIG_DIR")}`,
    ]);
    rmSync(join(cwd, ".clauthrc"));
    expect(resolved({ env: own, toml: RULE }).notes).toEqual([
      expect.stringContaining('"work" (the rule at'),
    ]);
  });

  test("says nothing where neither an rc file nor a rule lost", () => {
    expect(resolved({ env: own, toml: 'default = "personal"' }).notes).toEqual([]);
  });

  test("starts although the rc file that lost is no good", () => {
    mkdirSync(join(cwd, ".clauthrc"));
    const { selection, notes } = resolved({ env: own });
    expect([selection.kind, notes.length]).toEqual(["none", 1]);
  });

  test("lets an explicit choice win", () => {
    expect(picked({ env: { ...own, CLAUTH_PROFILE: "work" } })).toBe("work by env");
    expect(picked({ env: own, explicit: "work" })).toBe("work by flag");
  });

  test("counts an empty one as unset, as Claude Code does", () => {
    expect(picked({ env: { CLAUDE_CONFIG_DIR: "" }, toml: 'default = "work"' })).toBe("work by default");
  });
});

describe("inside a claude of ours", () => {
  test("knows its tree in every spelling", () => {
    const store = { profiles: join(home, ".clauth/profiles") };
    mkdirSync(join(store.profiles, "work/runtime"));
    symlinkSync(join(home, ".clauth"), join(home, "alias"));
    const spellings = [
      join(store.profiles, "work/runtime"),
      `${join(store.profiles, "work/runtime")}/`,
      `${store.profiles}/../profiles/work/./runtime`,
      join(home, "alias/profiles/work/runtime"),
      "../.clauth/profiles/work/runtime",
    ];
    for (const spelling of spellings)
      expect([spelling, String(profileOfTree(spelling, store, cwd))]).toEqual([spelling, "work"]);
    const others = [
      home,
      store.profiles,
      join(store.profiles, "work"),
      join(store.profiles, "work/runtime/x"),
      join(store.profiles, "work/runtime-1-0"),
    ];
    for (const other of others) expect(profileOfTree(other, store, cwd)).toBeUndefined();
  });

  test("keeps a --home profile, whose children see no CLAUDE_CONFIG_DIR", () => {
    write(".clauth/profiles/personal/config.toml", "home = true\n");
    const inside = { CLAUDECODE: "1", CLAUTH_ACTIVE_PROFILE: "personal" };
    expect(picked({ env: inside, toml: 'default = "work"' })).toBe("personal by inherited");
    expect(picked({ env: { CLAUTH_ACTIVE_PROFILE: "personal" }, toml: 'default = "work"' })).toBe(
      "work by default",
    );
    expect(picked({ env: { ...inside, CLAUTH_ACTIVE_PROFILE: "Mixed" }, toml: 'default = "work"' })).toBe(
      "work by default",
    );
    expect(picked({ env: { ...inside, CLAUTH_ACTIVE_PROFILE: "../x" }, toml: 'default = "work"' })).toBe(
      "work by default",
    );
  });
});

describe("trusts an rc file", () => {
  let path: string;
  const store = () => storeOf({ env: {}, home });
  const bytes = new TextEncoder().encode("work\n");

  beforeEach(() => {
    path = write("project/.clauthrc", "work\n");
  });

  test("under owned, and says so once on a terminal", () => {
    expect(resolved({}).notes).toEqual([]);
    const { notes, firstUse } = resolved({ isTerminal: true });
    expect(notes).toEqual([`${path} picks the profile "work" (said once)`]);
    rememberAnnounced(store(), firstUse ?? expect.unreachable());
    expect(resolved({ isTerminal: true })).toMatchObject({ notes: [], firstUse: undefined });
    write("project/.clauthrc", "personal\n");
    expect(resolved({ isTerminal: true }).notes).toHaveLength(1);
  });

  test("says nothing of one that was allowed", () => {
    allow(store(), { path, bytes });
    expect(resolved({ isTerminal: true }).notes).toEqual([]);
  });

  test("under allow only after clauth allow, and anew after an edit", () => {
    const toml = 'trust = "allow"\ndefault = "personal"';
    const stopped = expect.objectContaining({
      kind: "rc_file_not_allowed",
      exitCode: 125,
      hint: `read it, then: clauth allow ${path}`,
    });
    expect(() => resolved({ toml })).toThrow(stopped);
    allow(store(), { path, bytes });
    expect(picked({ toml })).toBe("work by rc");
    write("project/.clauthrc", "personal\n");
    expect(() => resolved({ toml })).toThrow(stopped);
  });

  test("never after clauth deny, under either policy", () => {
    deny(store(), path);
    for (const trust of ["owned", "allow"]) {
      expect(() => resolved({ toml: `trust = "${trust}"` })).toThrow(
        expect.objectContaining({ kind: "rc_file_denied" }),
      );
    }
  });

  test("asks for no trust where something stronger picks", () => {
    deny(store(), path);
    expect(picked({ env: { CLAUTH_PROFILE: "personal" } })).toBe("personal by env");
  });
});

test("tells which levels were asked and what each said", () => {
  const { considered } = resolved({ toml: RULE });
  expect(considered().map(({ kind, picked: won }) => (won ? `${kind}!` : kind))).toEqual([
    "bypass",
    "flag",
    "env",
    "config-dir",
    "rc",
    "rule!",
  ]);
  expect(considered().at(-1)?.why).toContain(`${cwd} is in ~/project`);
});

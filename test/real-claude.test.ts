import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { searchPath, usualPlaces } from "../src/claude-places.ts";
import { ClauthError } from "../src/errors.ts";
import { findRealClaude } from "../src/real-claude.ts";
import { SHIM_MARKER } from "../src/shim-marker.ts";

let root: string;
let executable: string;
let shims: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "clauth-real-")));
  executable = program("store/bin/clauth", "the shim");
  shims = join(root, "store/bin");
  symlinkSync("clauth", join(shims, "claude"));
});

afterEach(() => rmSync(root, { recursive: true }));

function program(name: string, content = `real ${name}`, mode = 0o755): string {
  const path = join(root, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

type Given = Parameters<typeof findRealClaude>[1];

function find(env: Record<string, string>, given: Given = {}, cwd = join(root, "cwd")) {
  // The machine that runs the tests may have a claude of its own in a usual place.
  const places = [join(root, "home/.local/bin"), join(root, "home/.claude/local")];
  return findRealClaude(
    { env, cwd, home: join(root, "home"), platform: "linux", executable },
    { places, ...given },
  );
}

function failure(env: Record<string, string>, given: Given = {}): ClauthError {
  try {
    const { path } = find(env, given);
    throw new Error(`found ${path}`);
  } catch (error) {
    if (error instanceof ClauthError) return error;
    throw error;
  }
}

describe("on PATH", () => {
  test("takes the first claude that is not the shim", () => {
    const real = program("a/claude");
    program("b/claude");
    const copy = program("copy/claude", `\n${SHIM_MARKER}\n`);
    const path = [shims, join(copy, ".."), join(root, "none"), join(real, ".."), join(root, "b")].join(":");
    expect(find({ PATH: path }).path).toBe(real);
  });

  test("skips a second shim directory that links to the first", () => {
    const real = program("a/claude");
    mkdirSync(join(root, "linked"));
    symlinkSync(join(shims, "claude"), join(root, "linked/claude"));
    expect(find({ PATH: `${join(root, "linked")}:${join(root, "a")}` }).path).toBe(real);
  });

  test("never looks into relative or empty entries (DESIGN section 2, invariant 7)", () => {
    const here = process.cwd();
    program("work/claude");
    const real = program("a/claude");
    process.chdir(join(root, "work"));
    try {
      expect(find({ PATH: `:.:./:${join(root, "a")}:` }).path).toBe(real);
    } finally {
      process.chdir(here);
    }
  });

  test("never looks at Windows' drives in WSL: that claude would use the login of Windows", () => {
    const PATH = "/usr/bin:/mnt/c/Users/u/AppData/Roaming/npm:/mnt/d:/mnt/data/bin";
    const ours = ["/usr/bin", "/mnt/data/bin"];
    expect(searchPath({ env: { PATH, WSL_DISTRO_NAME: "Debian" }, platform: "linux" })).toEqual(ours);
    expect(searchPath({ env: { PATH }, platform: "linux" })).toEqual(PATH.split(":"));
  });

  test("passes over what is no executable file, as a shell does", () => {
    program("plain/claude", "text", 0o644);
    mkdirSync(join(root, "directory/claude"), { recursive: true });
    const real = program("a/claude");
    expect(find({ PATH: ["plain", "directory", "a"].map((name) => join(root, name)).join(":") }).path).toBe(
      real,
    );
  });

  test("keeps the spelling of a link, so that claude sees how it was called", () => {
    const real = program("versions/2.1.329");
    mkdirSync(join(root, "links"));
    symlinkSync(real, join(root, "links/claude"));
    expect(find({ PATH: join(root, "links") }).path).toBe(join(root, "links/claude"));
  });
});

test("falls back to the usual places, and never to the shim there", () => {
  mkdirSync(join(root, "home/.local/bin"), { recursive: true });
  symlinkSync(executable, join(root, "home/.local/bin/claude"));
  const real = program("home/.claude/local/claude");
  expect(find({ PATH: shims })).toMatchObject({ path: real, args: [] });
  expect(find({}).path).toBe(real);
  expect(usualPlaces({ env: {}, home: "/h", platform: "linux" })).toContain("/h/.claude/local");
});

test("needs no home directory where PATH has a claude, so that a bypass works without one", () => {
  const real = program("a/claude");
  const context = {
    env: { PATH: join(root, "a") },
    cwd: root,
    get home() {
      return expect.unreachable();
    },
    platform: "linux" as const,
    executable,
  };
  expect(findRealClaude(context, {}).path).toBe(real);
});

describe("where the user names it", () => {
  test("CLAUTH_CLAUDE wins over clauth.toml, and that over PATH", () => {
    const [env, config] = [program("env"), program("home/config")];
    program("a/claude");
    const PATH = join(root, "a");
    expect(find({ PATH, CLAUTH_CLAUDE: env }, { config: { claude: "~/config" } })).toMatchObject({
      path: env,
      why: "CLAUTH_CLAUDE",
    });
    expect(find({ PATH }, { config: { claude: "~/config" } }).path).toBe(config);
    expect(find({ PATH, CLAUTH_CLAUDE: "" }, { config: { claude: undefined } }).path).toBe(
      join(PATH, "claude"),
    );
  });

  test("stops where that can't be used, instead of taking another one", () => {
    program("a/claude");
    const plain = program("plain", "text", 0o644);
    const PATH = join(root, "a");
    const cases: [string, string, number][] = [
      [join(root, "none"), "claude_not_found", 127],
      [plain, "claude_not_runnable", 126],
      [root, "claude_not_runnable", 126],
      ["./claude", "claude_not_runnable", 126],
      [join(shims, "claude"), "claude_not_runnable", 126],
    ];
    for (const [path, kind, exitCode] of cases) {
      expect(failure({ PATH, CLAUTH_CLAUDE: path })).toMatchObject({ kind, exitCode });
    }
  });
});

describe("as the process wrapper of an editor", () => {
  test.each([
    "ext/resources/native-binary/claude",
    "npm/bin/claude.exe",
    ".local/share/claude/versions/2.1.329",
    "lib/node_modules/@anthropic-ai/claude-code/cli.js",
  ])("uses %s, named by the first argument (TRAPS section 7)", (name) => {
    const bundled = program(name);
    program("a/claude");
    const env = { PATH: join(root, "a"), CLAUTH_CLAUDE: join(root, "a/claude") };
    expect(find(env, { args: [bundled, "-p", bundled] })).toEqual({
      path: bundled,
      before: [],
      why: "named by the editor that called",
      wasNamed: true,
      args: ["-p", bundled],
    });
  });

  test("uses the node that runs the package's script, and leaves it the script", () => {
    const node = program("bin/node");
    const script = program("claude-code/cli.js", "js", 0o644);
    expect(find({}, { args: [node, script, "-p"] })).toMatchObject({ path: node, args: [script, "-p"] });
  });

  test("drops the argument where it names the shim, and finds the real one itself", () => {
    const real = program("a/claude");
    expect(find({ PATH: join(root, "a") }, { args: [join(shims, "claude"), "-p"] })).toMatchObject({
      path: real,
      args: ["-p"],
    });
  });

  test("never runs a file of the project that is worked in, whatever its name", () => {
    const real = program("a/claude");
    const env = { PATH: join(root, "a") };
    const repository = join(root, "home/repo");
    mkdirSync(join(repository, ".git"), { recursive: true });
    mkdirSync(join(repository, "sub"));
    const own = program("home/repo/claude");
    const script = program("home/repo/claude-code/cli.js", "js");
    const linked = join(repository, "linked/claude");
    mkdirSync(join(linked, ".."));
    symlinkSync(real, linked);
    const outside = join(root, "link/claude");
    mkdirSync(join(outside, ".."));
    symlinkSync(own, outside);
    const calls = [[own], [script], [program("bin/node"), script], [linked], [outside]];
    for (const cwd of [repository, join(repository, "sub")]) {
      for (const args of calls)
        expect(find(env, { args }, cwd)).toMatchObject({ path: real, args, wasNamed: false });
    }
  });

  test("runs what the user installed below the home directory, from there and from a repository", () => {
    const home = join(root, "home");
    mkdirSync(join(home, ".git"), { recursive: true });
    mkdirSync(join(home, "repo/.git"), { recursive: true });
    for (const name of [".vscode/extensions/a/claude", ".local/share/claude/versions/2.1.329"]) {
      const path = program(`home/${name}`);
      for (const cwd of [home, root, join(home, "repo")])
        expect(find({}, { args: [path] }, cwd)).toMatchObject({ path, wasNamed: true });
    }
  });

  test("leaves every other first argument alone", () => {
    const real = program("a/claude");
    program("bin/node");
    mkdirSync(join(root, "directory/claude"), { recursive: true });
    const firsts = [
      "/help",
      "/claude",
      "claude",
      "./a/claude",
      "-p",
      program("notes.txt"),
      program("plain/claude", "text", 0o644),
      program("versions/2.0"),
      join(root, "directory/claude"),
      join(root, "bin/node"),
      program("other/cli.js"),
    ];
    for (const first of firsts) {
      const args = [first, "x"];
      expect(find({ PATH: join(root, "a") }, { args })).toMatchObject({ path: real, args });
    }
  });
});

test("says 127 and how to get one where there is none", () => {
  expect(failure({ PATH: shims })).toMatchObject({ kind: "claude_not_found", exitCode: 127 });
  expect(failure({ PATH: shims }).hint).toContain("npm install -g @anthropic-ai/claude-code");
});

test("says 126 where the only one can't be executed", () => {
  const plain = program("plain/claude", "text", 0o644);
  expect(failure({ PATH: join(root, "plain") })).toMatchObject({
    kind: "claude_not_runnable",
    exitCode: 126,
    path: plain,
  });
});

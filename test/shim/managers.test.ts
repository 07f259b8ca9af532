import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createProbeSandbox, type ProbeSandbox, type Way } from "../support/process-probe.ts";

// Dozens of starts, on a machine that may be busy.
setDefaultTimeout(60_000);

/** The claude behind the shim may itself be another tool's: each resolves to one real claude, or says why not. */
let box: ProbeSandbox;
beforeEach(() => {
  box = createProbeSandbox();
});
afterEach(() => box[Symbol.dispose]());

type Layout = {
  /** Makes the layout and answers the directory that the tool puts on PATH; none: it counts on the usual places. */
  readonly install: () => string | undefined;
  readonly needs?: string;
};

const LAYOUTS: Readonly<Record<string, Layout>> = {
  "mise: a link to a program that goes by argv[0]": {
    install: () => {
      const shims = join(box.home, ".local/share/mise/shims");
      link("../../../../bin/mise", join(shims, "claude"));
      install(join(box.home, "bin/mise"));
      return shims;
    },
  },
  "volta: a link to volta-shim beside it": {
    install: () => {
      const bin = join(box.home, ".volta/bin");
      install(join(bin, "volta-shim"));
      link("volta-shim", join(bin, "claude"));
      return bin;
    },
  },
  "asdf: a script that asks its own program": {
    install: () => {
      install(join(box.home, ".asdf/installs/nodejs/20/bin/claude"));
      script(".asdf/bin/asdf", 'shift; name=$1; shift; exec "$HOME/.asdf/installs/nodejs/20/bin/$name" "$@"');
      script(".asdf/shims/claude", 'exec "$HOME/.asdf/bin/asdf" exec "claude" "$@"');
      return join(box.home, ".asdf/shims");
    },
  },
  "pyenv's manner: a script that goes by the name of its file": {
    install: () => {
      install(join(box.home, "installs/claude"));
      script("env/shims/claude", 'exec "$HOME/installs/$' + '{0##*/}" "$@"');
      return join(box.home, "env/shims");
    },
  },
  "a script that takes itself from PATH and starts claude again": {
    install: () => {
      install(join(box.home, "inner/claude"));
      script("outer/claude", 'PATH=$(printf %s "$PATH" | sed "s|$HOME/outer:||"); exec claude "$@"');
      return `${join(box.home, "outer")}:${join(box.home, "inner")}`;
    },
  },
  "nvm and npm: a link to a .js launcher run by node": {
    needs: "node",
    install: () => {
      const prefix = join(box.home, ".nvm/versions/node/v20");
      const launcher = join(prefix, "lib/node_modules/@anthropic-ai/claude-code/cli.js");
      install(join(dirname(launcher), "vendor/claude"));
      box.write(
        launcher,
        `#!/usr/bin/env node
const { status } = require("node:child_process").spawnSync(__dirname + "/vendor/claude", process.argv.slice(2),
  { stdio: "inherit", argv0: "claude" });
process.exit(status);`,
        0o755,
      );
      link("../lib/node_modules/@anthropic-ai/claude-code/cli.js", join(prefix, "bin/claude"));
      return join(prefix, "bin");
    },
  },
  "Homebrew: a relative link into its Caskroom": {
    install: () => {
      install(join(box.home, "homebrew/Caskroom/claude-code/2.1.329/claude"));
      link("../Caskroom/claude-code/2.1.329/claude", join(box.home, "homebrew/bin/claude"));
      return join(box.home, "homebrew/bin");
    },
  },
  "the native installer: a link into versions/, which is not on PATH": {
    install: () => {
      install(join(box.home, ".local/share/claude/versions/2.1.329"));
      link(join(box.home, ".local/share/claude/versions/2.1.329"), join(box.home, ".local/bin/claude"));
      return undefined;
    },
  },
  "a dangling link and a file that can't be run come first": {
    install: () => {
      link("nowhere", join(box.home, "dangling/claude"));
      box.write("unfit/claude", "#!/bin/sh\n", 0o644);
      install(join(box.home, "good/claude"));
      return ["dangling", "unfit", "good"].map((name) => join(box.home, name)).join(":");
    },
  },
};

for (const [name, { install: make, needs }] of Object.entries(LAYOUTS)) {
  if (needs !== undefined && Bun.which(needs) === null) {
    test.skip(`${name}: skipped: there is no ${needs}`, () => {});
    continue;
  }
  test(name, async () => {
    const directories = make();
    for (const way of ["passthrough", "profile"] as const) {
      const seen = await call(way, directories, 'claude -p "two words" ""');
      expect(seen).toMatchObject({ way, code: 7, stderr: "" });
      expect(seen.arguments).toEqual([["-p", "two words", ""]]);
      expect(seen.names).toEqual(["claude"]);
    }
  });
}

test("a wrapper that only ever finds the shim again ends in an error after three rounds", async () => {
  script("loop/claude", 'echo round >>"$HOME/rounds"; exec claude "$@"');
  for (const way of ["passthrough", "profile"] as const) {
    box.write("rounds", "");
    const seen = await call(way, join(box.home, "loop"), "claude");
    expect(seen).toMatchObject({ code: 125, arguments: [] });
    expect(seen.stderr).toContain("CLAUTH_CLAUDE=");
    expect(box.read("rounds")).toBe("round\n".repeat(3));
  }
});

test("an update that renames a new claude into place leaves the running one alone, and is what runs next", async () => {
  const bin = join(box.home, "bin");
  install(join(bin, "claude"));
  install(join(box.home, "update/claude"));
  const running = box.begin("profile", ["claude"], {
    env: { PATH: pathWith(bin) },
    steps: ["make running", "wait go", "exit 7"],
  });
  await box.made("running");
  renameSync(join(box.home, "update/claude"), join(bin, "claude"));
  box.release("go");
  expect(await running.finished).toMatchObject({ code: 7, stderr: "" });
  expect(await call("profile", bin, "claude")).toMatchObject({ code: 7, stderr: "" });
});

test("a native install that moves to another version is followed at the next start", async () => {
  const versions = join(box.home, ".local/share/claude/versions");
  const bin = join(box.home, ".local/bin");
  for (const version of ["2.1.197", "2.1.329"]) {
    install(join(versions, version));
    const next = join(bin, "claude.next");
    link(join(versions, version), next);
    renameSync(next, join(bin, "claude"));
    expect(await call("profile", bin, "claude")).toMatchObject({ code: 7, arguments: [[]] });
    unlinkSync(join(versions, version));
  }
  const gone = await call("profile", bin, "claude");
  expect(gone).toMatchObject({ code: 127 });
  expect(gone.stderr).toContain("there is no Claude Code");
});

const traced = "one call starts one program, the real claude, and nothing else";
const tracer = Bun.spawnSync(["strace", "-e", "trace=none", "true"]);
if (tracer.exitCode !== 0) test.skip(`${traced}: skipped: strace can't trace here`, () => {});
else {
  test(traced, async () => {
    for (const way of ["passthrough", "profile", "home", "bypass"] as const) {
      const log = join(box.root, `execs-${way}`);
      const run = box.begin(way, [
        "strace",
        "-f",
        "-qq",
        "-e",
        "trace=execve",
        "-o",
        log,
        "claude",
        "-p",
        "hi",
      ]);
      expect(await run.finished).toMatchObject({ code: 0, stderr: "" });
      const started = [...box.read(log).matchAll(/execve\("([^"]+)".* = 0$/gm)].map(([, path]) => path);
      expect({ way, started }).toEqual({ way, started: [join(box.root, "way/claude"), box.claude] });
    }
  });
}

async function call(way: Way, directories: string | undefined, script: string) {
  const seen = await box.observe(way, script, {
    env: { PATH: pathWith(directories) },
    steps: ["exit 7"],
  });
  return {
    way,
    code: seen.code,
    stderr: seen.stderr,
    arguments: seen.reports.map(({ argv }) => argv.slice(1)),
    names: seen.reports.map(({ argv }) => basename(argv[0] ?? "")),
  };
}

/** The shim first, then what the tool put there, and nothing of the sandbox's own claude. */
function pathWith(directories: string | undefined): string {
  return [join(box.root, "way"), directories, "/usr/local/bin:/usr/bin:/bin"]
    .filter((entry) => entry !== undefined)
    .join(":");
}

/** Puts the probe there. */
function install(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(box.claude, path);
  chmodSync(path, 0o755);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

function script(path: string, line: string): void {
  box.write(path, `#!/bin/sh\n${line}\n`, 0o755);
}

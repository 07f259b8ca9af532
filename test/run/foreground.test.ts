import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitOf } from "../../src/run/exit.ts";
import { CTRL_BACKSLASH, CTRL_C, CTRL_Z, openPty } from "../support/pty.ts";
import { fileAppears, waitFor } from "../support/wait-for.ts";
import { startNative } from "./support/native-parent.ts";
import { through } from "./support/programs.ts";

/** A directory for what the programs below write, gone afterwards. */
function workplace() {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "clauth-foreground-")));
  return {
    at: (name: string) => join(directory, name),
    read: (name: string) => readFileSync(join(directory, name), "utf8"),
    /** What a shell does to be known by its process id. */
    saysReady: saysReady(directory),
    /** The process id of that shell. */
    program: () => Number(readFileSync(join(directory, "ready"), "utf8")),
    /** A shell that counts a signal in the file `count`, says so in `ready`, and ends with 9 when `go` is there. */
    counter: (...signals: readonly string[]) => {
      const traps = signals.map((signal) => `trap 'echo ${signal} >>"${directory}/count"' ${signal}`);
      const loop = `while [ ! -e "${directory}/go" ]; do read -r -t 0.02 _ <>"${directory}/never"; done`;
      return [
        "/bin/bash",
        "-c",
        `mkfifo "${directory}/never"; ${traps.join("; ")}; ${saysReady(directory)}; ${loop}; exit 9`,
      ];
    },
    end: () => writeFileSync(join(directory, "go"), ""),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Renamed into place: whoever sees the file finds the number in it. */
function saysReady(directory: string): string {
  return `echo $$ >"${directory}/ready.part"; mv "${directory}/ready.part" "${directory}/ready"`;
}

/** Without a terminal, and with a session of its own. */
function detached(argv: readonly string[]) {
  const setsid = Bun.which("setsid") ?? "/usr/bin/setsid";
  return startNative([setsid, "--wait", ...argv]);
}

test("another child, which the caller left to us, is not taken for the program", async () => {
  using work = workplace();
  const go = work.at("go");
  const other = `while [ ! -e '${go}' ]; do sleep 0.01; done; exit 7`;
  const program = through("wait", "/bin/sh", "-c", `: >'${go}'; exit 3`);
  const words = program.map((word) => `"${word.replaceAll('"', '\\"')}"`).join(" ");
  const { status } = startNative(["/bin/sh", "-c", `( ${other} ) & OTHER=$! exec ${words}`]);
  expect(exitOf(await status)).toEqual({ kind: "code", code: 3 });
});

describe("a signal to the shim", () => {
  test.each(["HUP", "USR1", "USR2", "TERM", "ALRM", "INT", "QUIT"])(
    "reaches the program once: %s",
    async (name) => {
      using work = workplace();
      const child = startNative(through("wait", ...work.counter(name, "WINCH")));
      await fileAppears(work.at("ready"));
      const program = work.program();
      process.kill(child.pid, `SIG${name}`);
      await fileAppears(work.at("count"));
      // Signals of one process are delivered in order of their numbers, and WINCH comes later than all of these.
      process.kill(program, "SIGWINCH");
      await waitFor("the marker", () => work.read("count").includes("WINCH"));
      work.end();
      expect(exitOf(await child.status)).toEqual({ kind: "code", code: 9 });
      expect(work.read("count")).toBe(`${name}\nWINCH\n`);
    },
  );

  test("that ends the program is how the shim ends", async () => {
    using work = workplace();
    const child = startNative(through("wait", "/bin/sh", "-c", `${work.saysReady}; exec sleep 60`));
    await fileAppears(work.at("ready"));
    process.kill(child.pid, "SIGTERM");
    expect(exitOf(await child.status)).toEqual({ kind: "signal", signal: 15 });
  });

  test("that the caller ignores reaches neither", async () => {
    using work = workplace();
    const child = startNative([
      "/bin/sh",
      "-c",
      'trap "" HUP; exec "$@"',
      "sh",
      ...through("wait", ...work.counter("USR1")),
    ]);
    await fileAppears(work.at("ready"));
    process.kill(child.pid, "SIGHUP");
    process.kill(child.pid, "SIGUSR1");
    await fileAppears(work.at("count"));
    work.end();
    expect(exitOf(await child.status)).toEqual({ kind: "code", code: 9 });
  });

  test("SIGCONT continues a program that was stopped", async () => {
    using work = workplace();
    const child = startNative(through("wait", ...work.counter("USR1")));
    await fileAppears(work.at("ready"));
    const program = work.program();
    process.kill(program, "SIGSTOP");
    await waitFor("the stop", () => stateOf(program) === "T");
    process.kill(child.pid, "SIGCONT");
    await waitFor("it to go on", () => stateOf(program) !== "T");
    work.end();
    expect(exitOf(await child.status)).toEqual({ kind: "code", code: 9 });
  });
});

test("a program that stops where no shell has job control does not stop the shim", async () => {
  using work = workplace();
  const child = detached(through("wait", ...work.counter("USR1")));
  await fileAppears(work.at("ready"));
  const program = work.program();
  const shim = parentOf(program);
  process.kill(program, "SIGSTOP");
  await waitFor("the stop", () => stateOf(program) === "T");
  // Answers only while it runs: it passes the signal on, and the program takes it once it is continued.
  process.kill(shim, "SIGUSR1");
  await waitFor("the signal at the program", () => pendingAt(program, 10));
  expect(stateOf(shim)).not.toBe("T");
  process.kill(program, "SIGCONT");
  work.end();
  expect(exitOf(await child.status)).toEqual({ kind: "code", code: 9 });
});

test("a program that ends at once is not missed", async () => {
  for (let round = 0; round < 20; round++) {
    expect(exitOf(await startNative(through("wait", "/bin/true")).status)).toEqual({ kind: "code", code: 0 });
  }
});

test("children that the shim was born with are none of its business", async () => {
  using work = workplace();
  const script = `sh -c 'exit 5' & exec "$@"`;
  const child = startNative(["/bin/sh", "-c", script, "sh", ...through("wait", ...work.counter("USR1"))]);
  await fileAppears(work.at("ready"));
  work.end();
  expect(exitOf(await child.status)).toEqual({ kind: "code", code: 9 });
});

describe("on a terminal", () => {
  function open(argv: readonly string[], cwd = "/") {
    return openPty(argv, { cwd, env: { ...process.env, PS1: "$ ", TERM: "dumb" } });
  }

  test.each([
    ["Ctrl-C", CTRL_C, "INT"],
    ["Ctrl-\\", CTRL_BACKSLASH, "QUIT"],
  ])("%s reaches the program exactly once", async (_, key, name) => {
    using work = workplace();
    const pty = open(through("wait", ...work.counter(name, "USR1")));
    await fileAppears(work.at("ready"));
    pty.type(key);
    await fileAppears(work.at("count"));
    // The shim handles signals in their order: a second one of the key would come before this one.
    pty.kill("SIGUSR1");
    await waitFor("the marker", () => work.read("count").includes("USR1"));
    work.end();
    expect(await pty.exited).toEqual({ code: 9, signal: null });
    pty.close();
    expect(work.read("count")).toBe(`${name}\nUSR1\n`);
  });

  test("in raw mode a SIGINT is no key, and is passed on", async () => {
    using work = workplace();
    const [shell = "", option = "", script = ""] = work.counter("INT");
    const pty = open(through("wait", shell, option, `stty raw; ${script}`));
    await fileAppears(work.at("ready"));
    pty.kill("SIGINT");
    await fileAppears(work.at("count"));
    work.end();
    expect(await pty.exited).toEqual({ code: 9, signal: null });
    pty.close();
    expect(work.read("count")).toBe("INT\n");
  });

  test("Ctrl-Z stops the whole job, the shell has the terminal, and fg goes on", async () => {
    using work = workplace();
    const pty = open(["/bin/bash", "--norc", "-i"]);
    pty.type(`${shellWords(through("wait", ...work.counter("USR1")))}; echo "status $?"\n`);
    await fileAppears(work.at("ready"));
    pty.type(CTRL_Z);
    await pty.shows("Stopped");
    const program = work.program();
    await waitFor("both to stop", () => stateOf(program) === "T" && stateOf(parentOf(program)) === "T");
    const stopped = pty.output().length;
    pty.type("echo shell-$((40+2))\n");
    await pty.shows("shell-42", stopped);
    pty.type('fg; echo "after $?"\n');
    await waitFor("the program to go on", () => stateOf(program) !== "T");
    work.end();
    await pty.shows("after 9", stopped);
    pty.close();
  });

  test("a program that stops itself alone, as Claude's own Ctrl-Z does, gives the prompt back", async () => {
    const pty = open(["/bin/bash", "--norc", "-i"]);
    const script = `kill -STOP $$; exit 7`;
    pty.type(`${shellWords(through("wait", "/bin/sh", "-c", script))}\n`);
    await pty.shows("Stopped");
    const stopped = pty.output().length;
    pty.type("jobs; echo shell-$((40+2))\n");
    await pty.shows("shell-42", stopped);
    pty.type('fg; echo "after $?"\n');
    await pty.shows("after 7", stopped);
    pty.close();
  });

  test("bg lets a stopped job go on behind the prompt, and fg takes it to the front", async () => {
    using work = workplace();
    const pty = open(["/bin/bash", "--norc", "-i"]);
    pty.type(`${shellWords(through("wait", ...work.counter("INT")))}\n`);
    await fileAppears(work.at("ready"));
    const program = work.program();
    pty.type(CTRL_Z);
    await pty.shows("Stopped");
    const stopped = pty.output().length;
    pty.type("bg; echo shell-$((40+2))\n");
    await pty.shows("shell-42", stopped);
    await waitFor("both to go on", () => stateOf(program) !== "T" && stateOf(parentOf(program)) !== "T");
    pty.type('fg; echo "after $?"\n');
    await waitFor("the front", () => foregroundOf(program) === groupOf(program));
    pty.type(CTRL_C);
    await fileAppears(work.at("count"));
    work.end();
    await pty.shows("after 9", stopped);
    expect(work.read("count")).toBe("INT\n");
    pty.close();
  });

  test("a hangup of the terminal ends both", async () => {
    using work = workplace();
    const pty = open(through("wait", "/bin/sh", "-c", `${work.saysReady}; exec sleep 60`));
    await fileAppears(work.at("ready"));
    const program = work.program();
    pty.kill("SIGHUP");
    expect(await pty.exited).toMatchObject({ signal: "SIGHUP" });
    await waitFor("the program to end", () => stateOf(program) === undefined);
    pty.close();
  });
});

/** The letter of a process's state; undefined where it is gone, or dead and not yet waited for. */
function stateOf(pid: number): string | undefined {
  const state = statOf(pid)?.[0];
  return state === "Z" ? undefined : state;
}

function parentOf(pid: number): number {
  return Number(statOf(pid)?.[1]);
}

function groupOf(pid: number): number {
  return Number(statOf(pid)?.[2]);
}

/** The foreground group of the process's terminal. */
function foregroundOf(pid: number): number {
  return Number(statOf(pid)?.[5]);
}

function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return undefined;
  }
}

function pendingAt(pid: number, signal: number): boolean {
  const mask = /^ShdPnd:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

function shellWords(argv: readonly string[]): string {
  return argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}

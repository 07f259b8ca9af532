import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { createProbeSandbox, type ProbeSandbox } from "../support/process-probe.ts";
import { childrenOf, isAlive } from "../support/processes.ts";
import { CTRL_C, openPty, type PtySession } from "../support/pty.ts";
import { waitFor } from "../support/wait-for.ts";

// Dozens of starts, on a machine that may be busy.
setDefaultTimeout(60_000);

/** However a call is ended from outside: claude ends as well, the last reconcile is done, and the record goes. */
let pty: PtySession | undefined;
afterEach(() => pty?.close());

const SHELLS = { bash: "--norc --noprofile -i", dash: "-i", zsh: "-f -i", fish: "--no-config -i" } as const;

for (const [shell, options] of Object.entries(SHELLS)) {
  const name = `closing the terminal of ${shell} ends claude, and what it changed is carried home`;
  if (Bun.which(shell) === null) {
    test.skip(`${name}: skipped: it is not installed`, () => {});
    continue;
  }
  test(name, async () => {
    using box = createProbeSandbox();
    box.choose("profile");
    const env = { ...box.callEnv("profile", ["make running", "wait never"]), fish_greeting: "" };
    // The shell under test leads the session of its terminal, as under a terminal emulator.
    pty = openPty([Bun.which(shell) ?? shell, ...options.split(" ")], { cwd: box.project, env });
    pty.type("claude\r");
    await changesSomething(box);
    pty.hangUp();
    await everythingIsOver(box);
  });
}

for (const kill of ["kill-session", "kill-server"]) {
  const name = `tmux ${kill} ends claude, and what it changed is carried home`;
  if (Bun.which("tmux") === null) {
    test.skip(`${name}: skipped: there is no tmux`, () => {});
    continue;
  }
  for (const how of ["bash --norc --noprofile -c 'claude; true'", "claude"]) {
    test(`${name} (the pane runs ${how.split(" ")[0]})`, async () => {
      using box = createProbeSandbox();
      box.choose("profile");
      const env = box.callEnv("profile", ["make running", "wait never"]);
      const tmux = (...args: readonly string[]) =>
        Bun.spawnSync(["tmux", "-S", join(box.root, "tmux"), "-f", "/dev/null", ...args], {
          env,
          cwd: box.project,
        });
      expect(tmux("new-session", "-d", how).exitCode).toBe(0);
      await changesSomething(box);
      tmux(kill);
      await everythingIsOver(box);
    });
  }
}

const UNTIL_RUNNING = 'until test -e "$PROBE_HOME/running"; do sleep .01; done; rm "$PROBE_HOME/running"';

const ENDED: readonly (readonly [
  string,
  string,
  { readonly code: number | null; readonly signal: string | null },
])[] = [
  ["timeout", "exec timeout 1 claude", { code: 124, signal: null }],
  ["timeout --foreground", "exec timeout --foreground 1 claude", { code: 124, signal: null }],
  ["timeout -s KILL of the whole group", "exec timeout -s KILL 1 claude", { code: null, signal: "SIGKILL" }],
  ["alarm(2) before exec", `exec perl -e 'alarm 1; exec "claude"'`, { code: null, signal: "SIGALRM" }],
  [
    "a limit of processor time, which is claude's own",
    "ulimit -S -t 1; PROBE_STEPS=spin claude",
    { code: null, signal: "SIGXCPU" },
  ],
  [
    "kill of a job in a script",
    `set -m; claude & ${UNTIL_RUNNING}; kill %1; wait %1`,
    { code: 143, signal: null },
  ],
  [
    "kill -HUP of the shim alone",
    `claude & ${UNTIL_RUNNING}; kill -HUP $!; wait $!`,
    { code: 129, signal: null },
  ],
];

for (const [how, script, end] of ENDED) {
  test(`${how} ends a call as it ends a direct one, and no claude stays behind`, async () => {
    using box = createProbeSandbox();
    for (const way of ["direct", "profile"] as const) {
      const { code, signal, reports } = await box.observe(way, script, {
        steps: ["make running", "wait never"],
      });
      expect<unknown>({ way, code, signal }).toEqual({ way, ...end });
      await waitFor("the end of claude", () => !isAlive(reports[0]?.pid));
    }
    if (end.signal !== "SIGKILL") expect(records(box)).toEqual([]);
  });
}

test("nohup in the background outlives the terminal, and is finalized at its end", async () => {
  using box = createProbeSandbox();
  box.choose("profile");
  const env = box.callEnv("profile", ["make running", "wait go"]);
  pty = openPty(["/bin/bash", "--norc", "--noprofile", "-i"], { cwd: box.project, env });
  pty.type("nohup claude >/dev/null 2>&1 &\r");
  await changesSomething(box);
  const { pid } = await box.started();
  pty.hangUp();
  await pty.exited;
  expect(isAlive(pid)).toBe(true);
  box.release("go");
  await everythingIsOver(box);
});

test("a second and a third Ctrl-C don't cut the last reconcile", async () => {
  using box = createFakeSandbox();
  const lock = join(box.home, ".claude.json.lock");
  mkdirSync(lock);
  const steps = fakeSteps({ do: "set", key: "carried", value: "home" }, { do: "print", text: "ended" });
  const env = { ...box.env, CLAUTH_PROFILE: "work", ...steps };
  pty = openPty(["/bin/bash", "-c", 'claude; echo "status $?"'], { cwd: box.project, env });
  await pty.shows("ended");
  const [record = ""] = readdirSync(box.profile("work", "sessions"));
  const shim = Number(record.split("-")[0]);
  await waitFor("claude's end", () => childrenOf(shim).length === 0);
  // Three of the keyboard, and one of each that a supervisor would send.
  for (let press = 0; press < 3; press++) pty.type(CTRL_C);
  for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGQUIT"] as const) process.kill(shim, signal);
  rmdirSync(lock);
  await waitFor("the change at home", () => box.json(".claude.json")["carried"] === "home");
  await waitFor("the end of the record", () => readdirSync(box.profile("work", "sessions")).length === 0);
});

/** Leaves something in the tree that only a reconcile brings home. */
async function changesSomething(box: ProbeSandbox): Promise<void> {
  await box.made("running");
  box.write(box.profile("work", "runtime/keybindings.json"), "{}");
}

async function everythingIsOver(box: ProbeSandbox): Promise<void> {
  const { pid } = await box.started();
  await waitFor("the end of claude", () => !isAlive(pid));
  await waitFor("the end of the record", () => records(box).length === 0);
  expect(box.read(".claude/keybindings.json")).toBe("{}");
}

function records(box: ProbeSandbox): string[] {
  return readdirSync(box.profile("work", "sessions"));
}

import { expect, test } from "bun:test";
import { join } from "node:path";
import { type FakeStep, fakeSteps, readReport } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { CTRL_C, CTRL_Z, openPty } from "../support/pty.ts";
import { fileAppears } from "../support/wait-for.ts";

test("claude has the terminal, of the size that the user's has", async () => {
  using box = createFakeSandbox();
  const to = join(box.root, "report.json");
  const pty = openOn(box, ["claude"], { do: "report", to });
  expect(await pty.exited).toEqual({ code: 0, signal: null });
  pty.close();
  expect(readReport(to).terminals).toEqual({ stdin: true, stdout: true, stderr: true });
});

test("Ctrl-C reaches claude exactly once", async () => {
  using box = createFakeSandbox();
  const interrupts = join(box.root, "interrupts");
  const later = join(box.root, "later");
  const go = join(box.root, "go");
  const pty = openOn(
    box,
    ["claude"],
    { do: "count", signal: "SIGINT", to: interrupts },
    { do: "count", signal: "SIGUSR1", to: later },
    { do: "print", text: "ready" },
    { do: "wait", for: go },
  );
  await pty.shows("ready");
  pty.type(CTRL_C);
  await fileAppears(interrupts);
  // The shim passes signals on in order: a second interrupt would come before this one.
  pty.kill("SIGUSR1");
  await fileAppears(later);
  box.write(go, "");
  expect(await pty.exited).toEqual({ code: 0, signal: null });
  pty.close();
  expect(box.read(interrupts)).toBe("1");
});

test("Ctrl-C that ends claude ends the shim, and the loop of the shell around it", async () => {
  using box = createFakeSandbox();
  const script = 'for i in 1 2 3; do claude; done; echo "after the loop"';
  const pty = openOn(
    box,
    ["/bin/bash", "-c", script],
    { do: "print", text: "ready" },
    { do: "wait", for: join(box.root, "never") },
  );
  await pty.shows("ready");
  pty.type(CTRL_C);
  expect(await pty.exited).toMatchObject({ signal: "SIGINT" });
  pty.close();
  expect(pty.output()).not.toContain("after the loop");
});

test("Ctrl-Z stops both, the shell has the terminal, and fg goes on", async () => {
  using box = createFakeSandbox();
  const go = join(box.root, "go");
  const pty = openOn(
    box,
    ["/bin/bash", "--norc", "-i"],
    { do: "print", text: "ready" },
    { do: "wait", for: go },
    { do: "exit", code: 6 },
  );
  pty.type("claude\n");
  await pty.shows("ready");
  pty.type(CTRL_Z);
  await pty.shows("Stopped");
  const stopped = pty.output().length;
  pty.type("echo shell-$((40+2))\n");
  await pty.shows("shell-42", stopped);
  pty.type("fg\n");
  await pty.shows("fg", stopped);
  box.write(go, "");
  pty.type('echo "status $?"\n');
  await pty.shows("status 6", stopped);
  pty.close();
});

test("a claude that stops itself alone, as its own Ctrl-Z does, stops the shim too", async () => {
  using box = createFakeSandbox();
  const pty = openOn(box, ["/bin/bash", "--norc", "-i"], { do: "stop" }, { do: "exit", code: 7 });
  pty.type("claude\n");
  await pty.shows("Stopped");
  const stopped = pty.output().length;
  pty.type("fg\n");
  pty.type('echo "status $?"\n');
  await pty.shows("status 7", stopped);
  pty.close();
});

function openOn(box: FakeSandbox, argv: readonly string[], ...steps: readonly FakeStep[]) {
  const [name = "", ...args] = argv;
  const program = Bun.which(name, { PATH: box.env["PATH"] ?? "" }) ?? name;
  return openPty([program, ...args], {
    cwd: box.project,
    env: { ...box.env, PS1: "$ ", CLAUTH_PROFILE: "work", ...fakeSteps(...steps) },
  });
}

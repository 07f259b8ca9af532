import { afterAll, afterEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type FakeReport, fakeSteps, writeFakeClaude } from "./fake-claude.ts";
import { CTRL_C, openPty, type PtySession } from "./pty.ts";
import { createSandbox } from "./sandbox.ts";
import { fileAppears } from "./wait-for.ts";

const box = createSandbox({ shim: false });
const fake = writeFakeClaude(join(box.root, "fake"));
let pty: PtySession | undefined;

afterEach(() => pty?.close());
afterAll(() => box.close());

test("gives the program a terminal on all three streams", async () => {
  const report = join(box.root, "report.json");
  const env = { ...box.env, ...fakeSteps({ do: "report", to: report }, { do: "exit", code: 7 }) };
  pty = openPty([fake, "--flag", "a b"], { cwd: box.project, env });
  expect(await pty.exited).toEqual({ code: 7, signal: null });
  const seen: FakeReport = JSON.parse(box.read(report));
  expect(seen).toMatchObject({
    args: ["--flag", "a b"],
    cwd: box.project,
    terminals: { stdin: true, stdout: true, stderr: true },
    descriptors: {},
  });
});

test("shows what is printed and turns Ctrl-C into a signal", async () => {
  const env = {
    ...box.env,
    ...fakeSteps({ do: "print", text: "ready" }, { do: "wait", for: `${box.root}/never` }),
  };
  pty = openPty([fake], { cwd: box.project, env });
  await pty.shows("ready");
  pty.type(CTRL_C);
  expect(await pty.exited).toMatchObject({ signal: "SIGINT" });
});

test("the size that was set is what the program asks for", async () => {
  pty = openPty(["/bin/sh"], { cwd: box.project, env: { ...box.env, PS1: "$ " } });
  pty.resize(72, 21);
  pty.type("stty size\n");
  await pty.shows("21 72");
});

test("the fake claude replaces its credentials by a rename under its locks", async () => {
  const directory = join(box.root, "config");
  box.write(join(directory, ".credentials.json"), "old", 0o600);
  const steps = fakeSteps({ do: "refresh", credentials: "new" }, { do: "print", text: "done" });
  const finished = await box.run([fake], { env: { CLAUDE_CONFIG_DIR: directory, ...steps } });
  expect(finished).toEqual({ code: 0, signal: null, stdout: "done", stderr: "" });
  expect(box.read(join(directory, ".credentials.json"))).toBe("new");
  expect(existsSync(join(directory, ".storage-write.lock"))).toBe(false);
});

test("the fake claude waits for a file", async () => {
  const [ready, go] = [join(box.root, "ready"), join(box.root, "go")];
  const steps = fakeSteps(
    { do: "write", path: ready, text: "" },
    { do: "wait", for: go },
    { do: "exit", code: 4 },
  );
  const running = box.start([fake], { env: steps });
  await fileAppears(ready);
  box.write(go, "");
  expect(await running.finished).toMatchObject({ code: 4 });
});

test("the fake claude tells which signals were ignored at its start", async () => {
  const report = join(box.root, "ignored.json");
  const steps = fakeSteps({ do: "report", to: report });
  await box.run(["sh", "-c", `trap '' HUP; exec "$0"`, fake], { env: steps });
  const seen: FakeReport = JSON.parse(box.read(report));
  expect(Number.parseInt(seen.ignored, 16) & 1).toBe(1);
});

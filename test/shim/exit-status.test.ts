import { expect, test } from "bun:test";
import { join } from "node:path";
import { type FakeStep, fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { fileAppears } from "../support/wait-for.ts";

type End = { readonly code: number | null; readonly signal: string | null };

const ENDS: readonly (readonly [string, FakeStep, End])[] = [
  ["status 0", { do: "exit", code: 0 }, { code: 0, signal: null }],
  ["status 3", { do: "exit", code: 3 }, { code: 3, signal: null }],
  ["status 143, as Claude ends after SIGTERM", { do: "exit", code: 143 }, { code: 143, signal: null }],
  ["status 255", { do: "exit", code: 255 }, { code: 255, signal: null }],
  ["death by SIGTERM", { do: "signal", signal: "SIGTERM" }, { code: null, signal: "SIGTERM" }],
  ["death by SIGKILL", { do: "signal", signal: "SIGKILL" }, { code: null, signal: "SIGKILL" }],
  ["death by SIGALRM", { do: "signal", signal: "SIGALRM" }, { code: null, signal: "SIGALRM" }],
  ["death by SIGQUIT", { do: "signal", signal: "SIGQUIT" }, { code: null, signal: "SIGQUIT" }],
];

for (const profile of [{}, { profile: "work" }]) {
  for (const [what, step, end] of ENDS) {
    test(`${what} is the shim's too, ${"profile" in profile ? "under a profile" : "in passthrough"}`, async () => {
      using box = createFakeSandbox();
      const { code, signal } = await box.begin([], { ...profile, steps: [step] }).finished;
      expect<End>({ code, signal: signal === null ? null : String(signal) }).toEqual(end);
    });
  }
}

for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
  test(`${signal} to the shim reaches claude, and the end is claude's`, async () => {
    using box = createFakeSandbox();
    const ready = join(box.root, "ready");
    const running = box.begin([], {
      profile: "work",
      steps: [
        { do: "write", path: ready, text: "" },
        { do: "wait", for: join(box.root, "never") },
      ],
    });
    await fileAppears(ready);
    running.kill(signal);
    expect(await running.finished).toMatchObject({ signal });
  });
}

test("a claude that outlives SIGTERM is waited for", async () => {
  using box = createFakeSandbox();
  const [ready, go] = [join(box.root, "ready"), join(box.root, "go")];
  const running = box.begin([], {
    profile: "work",
    steps: [
      { do: "ignore", signal: "SIGTERM" },
      { do: "write", path: ready, text: "" },
      { do: "wait", for: go },
      { do: "exit", code: 9 },
    ],
  });
  await fileAppears(ready);
  running.kill("SIGTERM");
  box.write(go, "");
  expect(await running.finished).toMatchObject({ code: 9, signal: null });
});

test("under nohup a hangup ends neither the shim nor claude", async () => {
  using box = createFakeSandbox();
  const [ready, go] = [join(box.root, "ready"), join(box.root, "go")];
  const steps = fakeSteps(
    { do: "write", path: ready, text: "" },
    { do: "wait", for: go },
    { do: "exit", code: 5 },
  );
  const running = box.start(["sh", "-c", "trap '' HUP; exec claude"], {
    env: { CLAUTH_PROFILE: "work", ...steps },
  });
  await fileAppears(ready);
  running.kill("SIGHUP");
  box.write(go, "");
  expect(await running.finished).toMatchObject({ code: 5, signal: null });
});

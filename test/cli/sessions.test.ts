import { expect, test } from "bun:test";
import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createFakeSandbox } from "../support/fake-sandbox.ts";
import { fileAppears, waitFor } from "../support/wait-for.ts";
import { createDesk } from "./call.ts";

test("shows what runs, in the fields that scripts rely on, and nothing once it ended", async () => {
  using box = createFakeSandbox();
  const [started, go] = [join(box.root, "started"), join(box.root, "go")];
  const running = box.begin([], {
    profile: "work",
    steps: [
      { do: "write", path: started, text: "" },
      { do: "wait", for: go },
    ],
  });
  await fileAppears(started);
  const [session] = await waitFor("claude's process id", async () => {
    const list = JSON.parse((await box.run(["clauth", "sessions", "--json"])).stdout);
    return list[0]?.claude_pid !== null && list;
  });
  expect(session).toEqual({
    profile: "work",
    pid: running.pid,
    claude_pid: expect.any(Number),
    cwd: box.project,
    started: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    live: true,
  });
  expect((await box.run(["clauth", "sessions"])).stdout).toMatch(/^work {2}\d+ {2}live/);
  expect((await box.run(["clauth", "list"])).stdout).toContain("1 running");
  box.write(go, "");
  await running.finished;
  expect((await box.run(["clauth", "sessions", "--json"])).stdout).toBe("[]\n");
});

test("a record that a killed one left has ended, and looking at it removes nothing", async () => {
  using desk = createDesk();
  desk.addProfile("work");
  desk.write(desk.profile("work", "sessions/4242-abc"), "");
  const { stdout } = await desk.clauth(["sessions", "--json"]);
  expect(JSON.parse(stdout)).toEqual([
    { profile: "work", pid: 4242, claude_pid: null, cwd: null, started: null, live: false },
  ]);
  expect(readdirSync(desk.profile("work", "sessions"))).toEqual(["4242-abc"]);
});

test("a profile that can't be looked into hides no other, and is an error", async () => {
  using desk = createDesk();
  desk.addProfile("broken");
  desk.addProfile("work");
  symlinkSync("sessions", desk.profile("broken", "sessions"));
  desk.write(desk.profile("work", "sessions/4-x"), "");
  for (const flags of [[], ["--json"]]) {
    const { code, stdout, stderr } = await desk.clauth(["sessions", ...flags]);
    expect(code).toBe(1);
    expect(stdout).toContain("work");
    expect(stderr).toContain("~/.clauth/profiles/broken/sessions: its symbolic links lead in a circle");
  }
});

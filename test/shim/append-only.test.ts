import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FakeStep } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { isShown } from "../support/link-mode.ts";

setDefaultTimeout(60_000);

const TRANSCRIPT = "projects/p/session.jsonl";

/** Appends by a shell, as any program does: opened, written, closed. */
function append(box: FakeSandbox, profile: string, name: string, ...lines: readonly string[]): FakeStep {
  const path = box.profile(profile, `runtime/${name}`);
  const script = lines.map((line) => `printf '%s\\n' '${line}' >>'${path}'`).join("; ");
  return {
    do: "run",
    argv: ["/bin/sh", "-c", `mkdir -p '${path.slice(0, path.lastIndexOf("/"))}'; ${script}`],
    steps: [],
  };
}

function linesOf(path: string): string[] {
  return readFileSync(path, "utf8").trimEnd().split("\n").sort();
}

test("history and transcripts that several profiles write at the same time keep every line, once", async () => {
  using box = createFakeSandbox();
  box.addProfile("play", { account: "P" });
  const written = ["work", "play", "work", "play"].map((profile, index) => ({
    profile,
    lines: Array.from({ length: 20 }, (_, line) => `{"by":"${profile}","session":${index},"line":${line}}`),
  }));
  await Promise.all(
    written.map(({ profile, lines }) =>
      box.call([], {
        profile,
        steps: [append(box, profile, "history.jsonl", ...lines), append(box, profile, TRANSCRIPT, ...lines)],
      }),
    ),
  );
  const all = written.flatMap(({ lines }) => lines).sort();
  for (const name of ["history.jsonl", TRANSCRIPT])
    expect(linesOf(join(box.home, ".claude", name))).toEqual(all);
});

test("a plugin that is installed under one profile is there under all, and in plain claude", async () => {
  using box = createFakeSandbox();
  box.addProfile("play", { account: "P" });
  const at = box.profile("work", "runtime/plugins/cache/tool");
  const list = JSON.stringify({ plugins: { tool: [{ installPath: at }] } });
  await box.call([], {
    profile: "work",
    steps: [
      append(box, "work", "plugins/cache/tool/plugin.json", "{}"),
      { do: "write", path: box.profile("work", "runtime/plugins/installed_plugins.json"), text: list },
    ],
  });
  await box.call([], { profile: "play" });
  const home = join(box.home, ".claude", "plugins");
  const installed = box.json(join(home, "installed_plugins.json"));
  expect(installed).toEqual({ plugins: { tool: [{ installPath: join(home, "cache", "tool") }] } });
  for (const plugins of [home, box.profile("play", "runtime/plugins")]) {
    expect(existsSync(join(plugins, "cache", "tool", "plugin.json"))).toBe(true);
  }
});

test("a profile that is isolated and shared again loses nothing of either time", async () => {
  using box = createFakeSandbox();
  const config = box.profile("work", "config.toml");
  const home = (name: string) => join(box.home, ".claude", name);
  const write = (name: string, ...lines: readonly string[]) =>
    box.call([], { profile: "work", steps: [append(box, "work", name, ...lines)] });

  await write(TRANSCRIPT, "shared before");
  await write("history.jsonl", "shared before");
  for (const isolate of ['["projects", "history.jsonl"]', '"all"']) {
    box.write(config, `isolate = ${isolate}\n`, 0o600);
    await write(TRANSCRIPT, `under ${isolate}`);
    await write("history.jsonl", `under ${isolate}`);
    expect(linesOf(home(TRANSCRIPT))).toEqual(["shared before"]);
    expect(linesOf(home("history.jsonl"))).toEqual(["shared before"]);
  }
  box.write(config, "", 0o600);
  await write(TRANSCRIPT, "shared again");
  await box.call([], { profile: "work" });
  const all = ["shared before", 'under ["projects", "history.jsonl"]', 'under "all"'].sort();
  expect(linesOf(home("history.jsonl"))).toEqual(all);
  expect(linesOf(home(TRANSCRIPT))).toEqual([...all, "shared again"].sort());
  expect(isShown(box.profile("work", "runtime/projects"), home("projects"))).toBe(true);
});

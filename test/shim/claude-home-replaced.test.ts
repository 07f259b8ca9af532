import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { fileAppears } from "../support/wait-for.ts";

// Each case waits for a shim that has begun to watch.
setDefaultTimeout(60_000);

/** What comes in the place of `~/.claude` while a session lives, which stands at `was` by then. */
const REPLACEMENTS: readonly (readonly [string, (box: FakeSandbox, claude: string, was: string) => void])[] =
  [
    ["a link to where it was moved", (_, claude, was) => symlinkSync(was, claude)],
    [
      "a link to an empty directory",
      (box, claude) => {
        mkdirSync(join(box.home, "empty"));
        symlinkSync(join(box.home, "empty"), claude);
      },
    ],
    ["a link that leads nowhere", (box, claude) => symlinkSync(join(box.home, "nowhere"), claude)],
    ["a link to itself", (_, claude) => symlinkSync(claude, claude)],
    ["a link into the tree", (box, claude) => symlinkSync(box.profile("work", "runtime"), claude)],
    ["a file", (_, claude) => writeFileSync(claude, "not a directory")],
    ["nothing", () => {}],
  ];

test.each(
  REPLACEMENTS.flatMap(([name, replace]) => [false, true].map((killed) => ({ name, killed, replace }))),
)(
  "~/.claude gives way to $name in a session (shim killed: $killed): nothing of it is touched, and all comes together once it is back",
  async ({ killed, replace }) => {
    using box = createFakeSandbox();
    const settings = { theme: "dark", permissions: { deny: ["Read(secret)"] } };
    box.write(".claude.json", JSON.stringify({ hasCompletedOnboarding: true, kept: 1 }));
    box.write(".claude/settings.json", JSON.stringify(settings));
    box.write(".claude/agents/mine.md", "an agent");
    const [claude, was] = [join(box.home, ".claude"), join(box.home, "was")];
    const [ready, go] = [join(box.root, "ready"), join(box.root, "go")];
    const running = box.begin([], {
      profile: "work",
      steps: [
        { do: "write", path: ready, text: "" },
        { do: "wait", for: go },
        { do: "set", key: "inSession", value: 1 },
        {
          do: "write",
          path: box.profile("work", "runtime/settings.json"),
          text: JSON.stringify({ ...settings, theme: "light" }),
        },
      ],
    });
    await fileAppears(ready);
    await fileAppears(box.profile("work", "reconcile.lock"));
    renameSync(claude, was);
    replace(box, claude, was);
    if (killed) running.kill("SIGKILL");
    writeFileSync(go, "");
    const { code, signal, stderr } = await running.finished;
    expect(killed ? signal : code).toBe(killed ? "SIGKILL" : 0);
    expect(stderr).not.toMatch(/\bE[A-Z]{3,}\b|errno|unexpected|internal/);
    expect(readFileSync(join(was, "agents", "mine.md"), "utf8")).toBe("an agent");

    rmSync(claude, { force: true, recursive: true });
    renameSync(was, claude);
    await box.call([], { profile: "work" });
    expect(box.json(".claude.json")).toMatchObject({ kept: 1, inSession: 1 });
    expect(box.json(".claude/settings.json")).toEqual({ ...settings, theme: "light" });
    expect(readFileSync(box.profile("work", "runtime/agents/mine.md"), "utf8")).toBe("an agent");
  },
);

import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exchangeNames } from "../../src/disk/exchange.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { fileAppears } from "../support/wait-for.ts";

// Each case waits for a shim that has begun to watch.
setDefaultTimeout(60_000);

/** What comes in the place of `~/.claude` while a session lives, made at the name where that stands by then. */
const REPLACEMENTS: readonly (readonly [
  string,
  ((at: string, claude: string, box: FakeSandbox) => void) | undefined,
])[] = [
  ["a link to where it was moved", (at) => symlinkSync(at, at)],
  [
    "a link to an empty directory",
    (at, _, box) => {
      mkdirSync(join(box.home, "empty"));
      symlinkSync(join(box.home, "empty"), at);
    },
  ],
  ["a link that leads nowhere", (at, _, box) => symlinkSync(join(box.home, "nowhere"), at)],
  ["a link to itself", (at, claude) => symlinkSync(claude, at)],
  ["a link into the tree", (at, _, box) => symlinkSync(box.profile("work", "runtime"), at)],
  ["a file", (at) => writeFileSync(at, "not a directory")],
  ["nothing", undefined],
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
    // In one step: a pass makes ~/.claude anew where there is none.
    replace?.(was, claude, box);
    if (replace === undefined) renameSync(claude, was);
    else expect(exchangeNames(claude, was)).toBe(true);
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

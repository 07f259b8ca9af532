import { expect, test } from "bun:test";
import { appendFileSync, existsSync, lstatSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import type { FakeStep } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { waitFor } from "../support/wait-for.ts";

/** What the shim of a running claude does in a tree whose files are copies. */
const PROFILE_IN = (mode: string) => ({ profile: "work", env: { CLAUTH_LINK_MODE: mode } });

test.each(["junction", "copy"])("in mode %s files travel both ways while claude runs", async (mode) => {
  using box = createFakeSandbox();
  box.write(".claude/CLAUDE.md", "mine");
  box.write(".claude/agents/old.md", "old");
  await using running = await whileClaudeRuns(box, mode);
  expect(box.read(running.tree("CLAUDE.md"))).toBe("mine");

  box.write(".claude/CLAUDE.md", "edited at home");
  await waitFor("the edit of home", () => box.read(running.tree("CLAUDE.md")) === "edited at home");
  box.write(running.tree("keybindings.json"), "{}");
  await waitFor("the file of the tree", () => existsSync(running.home("keybindings.json")));
  rmSync(running.home("keybindings.json"));
  await waitFor("the deletion", () => !existsSync(running.tree("keybindings.json")));

  box.write(running.tree("projects/p/deep/t.jsonl"), "1\n");
  await waitFor("the transcript", () => existsSync(running.home("projects/p/deep/t.jsonl")));
  appendFileSync(running.tree("projects/p/deep/t.jsonl"), "2\n");
  await waitFor("its next line", () => box.read(running.home("projects/p/deep/t.jsonl")) === "1\n2\n");
  symlinkSync("t.jsonl", running.tree("projects/p/deep/latest"));
  const latest = running.home("projects/p/deep/latest");
  await waitFor("its link", () => lstatSync(latest, { throwIfNoEntry: false })?.isSymbolicLink() === true);
  box.write(".claude/agents/new.md", "new");
  await waitFor("the agent", () => existsSync(running.tree("agents/new.md")));
});

test.each(["junction", "copy"])(
  "in mode %s a login that is replaced beside claude reaches it",
  async (mode) => {
    using box = createFakeSandbox();
    await using running = await whileClaudeRuns(box, mode);
    const rotated = credentialsText({ account: "W", generation: 3 });
    box.write(box.profile("work", "credentials.json"), rotated, 0o600);
    await waitFor("the login", () => box.read(running.tree(".credentials.json")) === rotated);
  },
);

test.each(["junction", "copy"])("in mode %s an editor's lock in ide/ is there for claude", async (mode) => {
  using box = createFakeSandbox();
  await using running = await whileClaudeRuns(box, mode);
  box.write(".claude/ide/4711.lock", '{"pid":1}');
  await waitFor("the lock", () => existsSync(running.tree("ide/4711.lock")));
});

test("of two profiles in copies each sees within a moment what the other's claude wrote", async () => {
  using box = createFakeSandbox();
  box.addProfile("play", { account: "P" });
  await using work = await whileClaudeRuns(box, "copy");
  await using play = await whileClaudeRuns(box, "copy", "play");
  appendFileSync(work.tree("history.jsonl"), "from work\n");
  await waitFor("the line of work", () => readFileSync(play.tree("history.jsonl"), "utf8") === "from work\n");
  appendFileSync(play.tree("history.jsonl"), "from play\n");
  const both = "from work\nfrom play\n";
  await waitFor("the line of play", () => readFileSync(work.tree("history.jsonl"), "utf8") === both);
});

test("what is isolated of a tree of copies begins without them, and is not carried", async () => {
  using box = createFakeSandbox();
  box.write(".claude/agents/shared.md", "shared");
  await box.call([], PROFILE_IN("copy"));
  expect(existsSync(box.profile("work", "runtime/agents/shared.md"))).toBe(true);
  box.write(box.profile("work", "config.toml"), 'isolate = ["agents"]\n', 0o600);
  const own = box.profile("work", "runtime/agents/own.md");
  const steps: readonly FakeStep[] = [
    { do: "run", argv: ["mkdir", "-p", dirname(own)], steps: [] },
    { do: "write", path: own, text: "own" },
  ];
  await box.call([], { ...PROFILE_IN("copy"), steps });
  expect(existsSync(box.profile("work", "runtime/agents/shared.md"))).toBe(false);
  expect(existsSync(join(box.home, ".claude/agents/own.md"))).toBe(false);
  expect(box.read(".claude/agents/shared.md")).toBe("shared");

  box.write(box.profile("work", "config.toml"), "", 0o600);
  await box.call([], PROFILE_IN("copy"));
  expect(box.read(".claude/agents/own.md")).toBe("own");
  expect(box.read(box.profile("work", "runtime/agents/shared.md"))).toBe("shared");
});

type RunningClaude = {
  readonly tree: (name: string) => string;
  readonly home: (name: string) => string;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A claude that waits, with a shim that already carries: it is known by a file that came through it. */
async function whileClaudeRuns(box: FakeSandbox, mode: string, profile = "work"): Promise<RunningClaude> {
  const end = join(box.root, `end-${profile}`);
  const started = join(box.root, `started-${profile}`);
  const steps: readonly FakeStep[] = [
    { do: "write", path: started, text: "" },
    { do: "wait", for: end },
  ];
  const running = box.begin([], { ...PROFILE_IN(mode), profile, steps });
  const tree = (name: string) => box.profile(profile, `runtime/${name}`);
  const home = (name: string) => join(box.home, ".claude", name);
  await waitFor("claude", () => existsSync(started));
  box.write(home(`sign-${profile}.md`), "");
  await waitFor("the shim", () => existsSync(tree(`sign-${profile}.md`)));
  return {
    tree,
    home,
    [Symbol.asyncDispose]: async () => {
      box.write(end, "");
      await running.finished;
    },
  };
}

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, lutimesSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "../support/claude-login.ts";
import { type FakeStep, fakeSteps, RUN_FROM_SOURCE } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";

/**
 * The shim runs from source here, because only there a preload can kill it at a checkpoint. Each checkpoint that one
 * eventful session reaches is tried: kill -9 there, let claude end, start again, and nothing is lost.
 */
setDefaultTimeout(120_000);

const SOURCE = join(import.meta.dir, "..", "..", "src", "main.ts");
const PRELOAD = join(import.meta.dir, "..", "support", "checkpoint-preload.ts");
const REFRESHED = credentialsText({ account: "W", generation: 2 });

test("kill -9 at any checkpoint loses nothing, and the next start repairs the store by itself", async () => {
  const checkpoints = await checkpointsOfSession();
  expect(checkpoints.length).toBeGreaterThan(10);
  for (const [index, name] of checkpoints.entries()) {
    using box = eventfulSandbox();
    const killed = await runFromSource(box, { CLAUTH_TEST_KILL_AT: String(index + 1) });
    const at = `${name} (${index + 1} of ${checkpoints.length})`;
    // The order of what runs beside claude is not fixed: a shorter run may end before that many checkpoints.
    if (killed.signal !== "SIGKILL") continue;
    letTimePass(box);
    const again = await box.run(["claude"], { env: { CLAUTH_PROFILE: "work" } });
    expect({ at, code: again.code, stderr: again.stderr }).toMatchObject({ at, code: 0 });
    expect({ at, ...outcome(box) }).toEqual({ at, ...expectedOutcome(box) });
  }
});

/** Names of the checkpoints in the order that one whole session reaches them. */
async function checkpointsOfSession(): Promise<string[]> {
  using box = eventfulSandbox();
  const trail = join(box.root, "trail");
  const finished = await runFromSource(box, { CLAUTH_TEST_CHECKPOINTS: trail });
  expect(finished).toMatchObject({ code: 0, signal: null });
  expect(outcome(box)).toEqual(expectedOutcome(box));
  return readFileSync(trail, "utf8").trim().split("\n");
}

type EventfulSandbox = FakeSandbox & { /** The credentials before claude ran. */ readonly first: string };

function eventfulSandbox(): EventfulSandbox {
  const box = createFakeSandbox();
  box.write(".claude/settings.json", JSON.stringify({ theme: "dark" }));
  box.write(".claude/CLAUDE.md", "mine");
  box.write(
    ".claude.json",
    JSON.stringify({ hasCompletedOnboarding: true, mcpServers: { old: { command: "a" } } }),
  );
  return { ...box, first: box.read(box.profile("work", "credentials.json")) };
}

function runFromSource(box: FakeSandbox, env: Readonly<Record<string, string>>) {
  const tree = (name: string) => box.profile("work", `runtime/${name}`);
  const steps: readonly FakeStep[] = [
    { do: "refresh", credentials: REFRESHED },
    { do: "set", key: "tipsHistory", value: { seen: 1 } },
    { do: "write", path: tree("settings.json"), text: JSON.stringify({ theme: "light" }) },
    { do: "write", path: tree("keybindings.json"), text: "{}" },
    { do: "write", path: tree("agents/new.md"), text: "an agent" },
    { do: "write", path: join(box.root, "ended"), text: "" },
  ];
  return box.start([process.execPath, ...RUN_FROM_SOURCE, "--preload", PRELOAD, SOURCE], {
    env: { CLAUTH_PROFILE: "work", ...env, ...fakeSteps(...steps) },
  }).finished;
}

/** What the user has, compared as a whole with what they must have. */
function outcome(box: EventfulSandbox) {
  const home = box.json(".claude.json");
  return {
    canonical: box.json(box.profile("work", "credentials.json")),
    link: realpathSync(box.profile("work", "runtime/.credentials.json")),
    servers: home["mcpServers"],
    tips: home["tipsHistory"],
    settings: box.json(".claude/settings.json"),
    memory: box.read(".claude/CLAUDE.md"),
    made: ["keybindings.json", "agents/new.md"].filter((name) => existsSync(join(box.home, ".claude", name))),
    sessions: readdirSync(box.profile("work", "sessions")),
    leftovers: readdirSync(box.home, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".tmp"),
    ),
  };
}

/** Whether claude ran before the kill decides what there was to carry. */
function expectedOutcome(box: EventfulSandbox) {
  const ran = existsSync(join(box.root, "ended"));
  return {
    canonical: JSON.parse(ran ? REFRESHED : box.first),
    link: box.profile("work", "credentials.json"),
    servers: { old: { command: "a" } },
    tips: ran ? { seen: 1 } : undefined,
    settings: { theme: ran ? "light" : "dark" },
    memory: "mine",
    made: ran ? ["keybindings.json", "agents/new.md"] : [],
    sessions: [],
    leftovers: [],
  };
}

/**
 * Lets time pass: Claude's locks count as left behind after a minute at most, our temp files after ten; what is younger
 * may belong to a process that was only stopped.
 */
function letTimePass(box: FakeSandbox): void {
  const then = new Date(Date.now() - 11 * 60_000);
  const left = readdirSync(box.home, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(tmp|lock)$/.test(name),
  );
  for (const name of left) lutimesSync(join(box.home, name), then, then);
}

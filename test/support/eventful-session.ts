import { existsSync, lutimesSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { credentialsText } from "./claude-login.ts";
import { type FakeStep, fakeSteps, RUN_FROM_SOURCE } from "./fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "./fake-sandbox.ts";
import { isShown } from "./link-mode.ts";
import type { Running } from "./sandbox.ts";
import { setClock, steppedClock } from "./stepped-clock.ts";

/**
 * One session in which claude changes a bit of everything, under a shim that runs from source, because only there a preload can
 * end or stop it at a checkpoint.
 */
export type EventfulSandbox = FakeSandbox & {
  /** The credentials before claude ran. */
  readonly first: string;
  /** True once claude has changed everything. */
  ended(): boolean;
};

const SOURCE = join(import.meta.dir, "..", "..", "src", "main.ts");
const PRELOAD = join(import.meta.dir, "checkpoint-preload.ts");
export const REFRESHED = credentialsText({ account: "W", generation: 2 });

export function eventfulSandbox(): EventfulSandbox {
  const box = createFakeSandbox();
  box.write(".claude/settings.json", JSON.stringify({ theme: "dark" }));
  box.write(".claude/CLAUDE.md", "mine");
  box.write(
    ".claude.json",
    JSON.stringify({ hasCompletedOnboarding: true, mcpServers: { old: { command: "a" } } }),
  );
  return {
    ...box,
    first: box.read(box.profile("work", "credentials.json")),
    ended: () => existsSync(join(box.root, "ended")),
  };
}

/** Starts the session; the variables are those of checkpoint-preload.ts. */
export function startEventful(box: FakeSandbox, env: Readonly<Record<string, string>>): Running {
  const tree = (name: string) => box.profile("work", `runtime/${name}`);
  const steps: readonly FakeStep[] = [
    { do: "refresh", credentials: REFRESHED },
    { do: "set", key: "tipsHistory", value: { seen: 1 } },
    { do: "write", path: tree("settings.json"), text: JSON.stringify({ theme: "light" }) },
    { do: "write", path: tree("keybindings.json"), text: "{}" },
    { do: "write", path: tree("agents/new.md"), text: "an agent" },
    { do: "write", path: join(box.root, "ended"), text: "" },
  ];
  return startFromSource(box, { ...env, ...fakeSteps(...steps) });
}

/** Starts a shim that can end or stop at a checkpoint. */
export function startFromSource(box: FakeSandbox, env: Readonly<Record<string, string>>): Running {
  return box.start([process.execPath, ...RUN_FROM_SOURCE, "--preload", PRELOAD, SOURCE], {
    env: { CLAUTH_PROFILE: "work", ...env },
  });
}

/** Names of the checkpoints in the order that one whole session reaches them. */
export async function checkpointsOfSession(): Promise<string[]> {
  using box = eventfulSandbox();
  const trail = join(box.root, "trail");
  const finished = await startEventful(box, { CLAUTH_TEST_CHECKPOINTS: trail }).finished;
  if (finished.code !== 0) throw new Error(finished.stderr);
  return readFileSync(trail, "utf8").trim().split("\n");
}

/** What the user has, compared as a whole with what they must have. */
export function outcome(box: EventfulSandbox) {
  const home = box.json(".claude.json");
  return {
    canonical: box.json(box.profile("work", "credentials.json")),
    shown: isShown(box.profile("work", "runtime/.credentials.json"), box.profile("work", "credentials.json")),
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

/** Whether claude ran decides what there was to carry. */
export function expectedOutcome(box: EventfulSandbox): ReturnType<typeof outcome> {
  const ran = box.ended();
  return {
    canonical: JSON.parse(ran ? REFRESHED : box.first),
    shown: true,
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
 * @returns the environment of a start by then: when an inode changed last can't be set, so the clock is
 */
export function letTimePass(box: FakeSandbox): Record<string, string> {
  const then = new Date(Date.now() - 11 * 60_000);
  const left = readdirSync(box.home, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".lock"),
  );
  for (const name of left) {
    try {
      lutimesSync(join(box.home, name), then, then);
    } catch {
      // A claude that lives gave it back in this moment.
    }
  }
  const clock = join(box.root, "later");
  setClock(clock, 11 / 60);
  return steppedClock(clock);
}
